using System.Net.Http.Headers;
using System.Text;
using System.Text.Json.Nodes;

namespace OrleansWallet.Conformance;

/// <summary>Speaks the contract to one server, with one key or none.</summary>
public sealed class WalletClient : IDisposable
{
    public const string Json = "application/json";
    public const string Lines = "application/x-ndjson";
    public const string One = "/v1/wallet/balance_transfer";
    public const string Many = "/v1/wallet/balance_transfers";
    public const string Accounts = "/v1/wallet/accounts";
    public const string WholeLedger = "/v1/wallet/ledger";

    private readonly HttpClient http;

    public WalletClient(RunningServer server, string? key = null)
    {
        http = new HttpClient(new SocketsHttpHandler { UseProxy = false })
        {
            BaseAddress = server.Address,
            Timeout = TimeSpan.FromSeconds(60),
        };
        if (key is not null) http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", key);
    }

    public static string NewId() => Guid.NewGuid().ToString();

    public static string NewAccount() => $"a-{Guid.NewGuid():N}";

    public static string TransferJson(string from, string to, string amount, string currency, string id) =>
        new JsonObject
        {
            ["from_account"] = from, ["to_account"] = to, ["amount"] = amount, ["currency"] = currency,
            ["transaction_id"] = id,
        }.ToJsonString();

    public async Task<Reply> GetAsync(string path) => await Reply.Of(await http.GetAsync(path));

    public async Task<Reply> SendAsync(HttpRequestMessage request) => await Reply.Of(await http.SendAsync(request));

    public Task<Reply> SendAsync(HttpMethod method, string path, HttpContent? content = null) =>
        SendAsync(new HttpRequestMessage(method, path) { Content = content });

    public Task<Reply> PostAsync(string path, string body, string? contentType = Json) =>
        PostAsync(path, Encoding.UTF8.GetBytes(body), contentType);

    public Task<Reply> PostAsync(string path, byte[] body, string? contentType = Json)
    {
        var content = new ByteArrayContent(body);
        if (contentType is not null) content.Headers.TryAddWithoutValidation("Content-Type", contentType);
        return SendAsync(HttpMethod.Post, path, content);
    }

    public Task<Reply> TransferAsync(
        string from, string to, string amount, string currency = "USD", string? id = null) =>
        PostAsync(One, TransferJson(from, to, amount, currency, id ?? NewId()));

    public Task<Reply> OpenAsync(string account, string currency = "USD") => PostAsync(
        Accounts, new JsonObject { ["account_id"] = account, ["currency"] = currency }.ToJsonString());

    /// <summary>Opens an account under a new id, with money in it.</summary>
    public async Task<string> NewAccountAsync(string? balance = null, string currency = "USD")
    {
        var account = NewAccount();
        (await OpenAsync(account, currency)).Is(201);
        if (balance is not null) (await TransferAsync($"settlement:{currency}", account, balance, currency)).Is(200);
        return account;
    }

    public Task<Reply> AccountAsync(string account, string query = "") => GetAsync($"{Accounts}/{account}{query}");

    public async Task<string> BalanceAsync(string account) => (await AccountAsync(account)).Is(200)["balance"];

    public Task<Reply> EntriesAsync(string account, string query = "") =>
        GetAsync($"{Accounts}/{account}/entries{query}");

    public Task<Reply> FindTransferAsync(string id) => GetAsync($"/v1/wallet/transfers/{id}");

    public Task<Reply> FreezeAsync(string account) => SendAsync(HttpMethod.Post, $"{Accounts}/{account}/freeze");

    public Task<Reply> UnfreezeAsync(string account) => SendAsync(HttpMethod.Post, $"{Accounts}/{account}/unfreeze");

    public void Dispose() => http.Dispose();
}
