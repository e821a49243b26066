using System.Net;
using System.Net.Http.Json;
using System.Text.Json;

namespace OrleansWallet.Silo.Tests;

/// <summary>How a request ended, as its caller saw it.</summary>
internal enum Ending
{
    /// <summary>With an outcome, success or a refusal for good.</summary>
    Served,
    /// <summary>429: too much to do.</summary>
    Overloaded,
    /// <summary>503: not just now.</summary>
    Unavailable,
    /// <summary>Without an answer: the connection broke, or there was none.</summary>
    Broken,
}

/// <summary>Speaks the contract to one front end.</summary>
internal sealed class FrontEnd(Uri address, string? key = null) : IDisposable
{
    private const string Transfer = "/v1/wallet/balance_transfer";
    private const string Transfers = "/v1/wallet/balance_transfers";

    public HttpClient Http { get; } = NewClient(address, key);

    /// <summary>Sends a transfer and notes its outcome where it has one.</summary>
    public async Task<Ending> SendAsync(SentTransfer sent)
    {
        try
        {
            using var response = await Http.PostAsJsonAsync(Transfer, sent.ToJson());
            var body = await response.Content.ReadAsStringAsync();
            switch (response.StatusCode)
            {
                case HttpStatusCode.OK:
                    sent.Note("success");
                    return Ending.Served;
                case HttpStatusCode.UnprocessableEntity:
                    sent.Note(CodeIn(body));
                    return Ending.Served;
                case HttpStatusCode.TooManyRequests:
                    Assert.Equal("overloaded", CodeIn(body));
                    Assert.NotNull(response.Headers.RetryAfter);
                    return Ending.Overloaded;
                case HttpStatusCode.ServiceUnavailable:
                    Assert.Equal("unavailable", CodeIn(body));
                    Assert.NotNull(response.Headers.RetryAfter);
                    return Ending.Unavailable;
                default:
                    Assert.Fail($"{sent.Id} was answered {response.StatusCode}: {body}");
                    return Ending.Broken;
            }
        }
        catch (Exception e) when (e is HttpRequestException or IOException)
        {
            return Ending.Broken;
        }
    }

    /// <summary>Sends many as one batch; all must have an outcome. Returns which were known already.</summary>
    public async Task<bool[]> SendAsync(IReadOnlyList<SentTransfer> sent)
    {
        using var response = await Http.PostAsJsonAsync(Transfers, sent.Select(one => one.ToJson()));
        response.EnsureSuccessStatusCode();
        var items = (await response.Content.ReadFromJsonAsync<JsonElement>()).EnumerateArray().ToArray();
        Assert.Equal(sent.Count, items.Length);
        for (var i = 0; i < items.Length; i++)
        {
            var code = items[i].GetProperty("code").GetString();
            Assert.False(code is "overloaded" or "unavailable", $"{sent[i].Id} has no outcome: {code}");
            sent[i].Note(code ?? "success");
        }
        return [.. items.Select(item => item.GetProperty("replayed").GetBoolean())];
    }

    /// <summary>Opens an account, which must not be there yet.</summary>
    public async Task OpenAsync(int account)
    {
        var opening = new { account_id = SentTransfer.Account(account), currency = "USD" };
        using var opened = await Http.PostAsJsonAsync("/v1/wallet/accounts", opening);
        Assert.Equal(HttpStatusCode.Created, opened.StatusCode);
    }

    public Task<JsonElement> GetAsync(string path) => Http.GetFromJsonAsync<JsonElement>($"/v1/wallet/{path}");

    /// <summary>The status of a GET, and the answer's text.</summary>
    public async Task<(HttpStatusCode Status, string Text)> AskAsync(string path)
    {
        using var response = await Http.GetAsync(path);
        return (response.StatusCode, await response.Content.ReadAsStringAsync());
    }

    public void Dispose() => Http.Dispose();

    private static string CodeIn(string body) =>
        JsonDocument.Parse(body).RootElement.GetProperty("code").GetString() ?? throw new JsonException(body);

    private static HttpClient NewClient(Uri address, string? key)
    {
        var http = new HttpClient(new SocketsHttpHandler { UseProxy = false })
        {
            BaseAddress = address,
            Timeout = TimeSpan.FromSeconds(90),
        };
        if (key is not null) http.DefaultRequestHeaders.Authorization = new("Bearer", key);
        return http;
    }
}
