using System.Globalization;
using System.Net;
using System.Net.Http.Json;
using System.Text.Json;

namespace OrleansWallet.Kill.Tests;

/// <summary>The real server told to end, as an init system does it.</summary>
public sealed class OrderlyEndTests : IDisposable
{
    private const string Transfers = "/v1/wallet/balance_transfers";
    private readonly DirectoryInfo directory = Directory.CreateTempSubdirectory("wallet-end-");

    public void Dispose() => directory.Delete(recursive: true);

    [Fact]
    public async Task It_leaves_a_snapshot_of_the_last_event_and_exits_with_0()
    {
        await using var server = await ServerUnderKill.StartAsync(directory.FullName);
        await OpenAsync(server, 0);
        await OpenAsync(server, 1);
        Assert.Equal(HttpStatusCode.OK, await FundAsync(server, 100));
        var ledger = await server.Http.GetFromJsonAsync<JsonElement>("/v1/wallet/ledger?fresh=true");
        var sequence = ledger.GetProperty("sequence").GetInt64();
        var (exitCode, errors) = await server.TerminateAsync();
        Assert.Equal((0, ""), (exitCode, errors));
        var newest = Directory.GetFiles(Path.Combine(directory.FullName, "snapshots")).Max();
        Assert.Equal($"{sequence.ToString("D20", CultureInfo.InvariantCulture)}.snapshot", Path.GetFileName(newest));
    }

    [Fact]
    public async Task A_server_whose_ledger_stopped_says_so_without_a_path_and_exits_with_1()
    {
        await using var server = await ServerUnderKill.StartAsync(
            directory.FullName, "--Wallet:SegmentBytesMax=65536");
        await OpenAsync(server, 0);
        // The next segment can't be begun, as if the disk had failed.
        Directory.Move(Path.Combine(directory.FullName, "journal"), Path.Combine(directory.FullName, "gone"));
        for (var i = 0; i < 100 && await FundAsync(server, 200) == HttpStatusCode.OK; i++)
        {
        }
        var ready = await server.Http.GetAsync(new Uri("/readyz", UriKind.Relative));
        Assert.Equal(HttpStatusCode.ServiceUnavailable, ready.StatusCode);
        var body = await ready.Content.ReadAsStringAsync();
        Assert.Contains("Writing the journal failed", body, StringComparison.Ordinal);
        Assert.DoesNotContain(directory.Name, body, StringComparison.Ordinal);
        var (exitCode, errors) = await server.TerminateAsync();
        Assert.Equal(1, exitCode);
        Assert.Contains("Writing the journal failed", Assert.Single(errors.Trim().Split('\n')),
            StringComparison.Ordinal);
        Directory.Move(Path.Combine(directory.FullName, "gone"), Path.Combine(directory.FullName, "journal"));
        await using var again = await ServerUnderKill.StartAsync(directory.FullName);
        Assert.Equal((0, ""), await again.TerminateAsync());
    }

    internal static async Task OpenAsync(ServerUnderKill server, int number)
    {
        var opening = new { account_id = SentTransfer.Account(number), currency = "USD" };
        var opened = await server.Http.PostAsJsonAsync("/v1/wallet/accounts", opening);
        Assert.Equal(HttpStatusCode.Created, opened.StatusCode);
    }

    // OK where all of them were done.
    private static async Task<HttpStatusCode> FundAsync(ServerUnderKill server, int transfers)
    {
        var sent = Enumerable.Range(0, transfers).Select(_ => new SentTransfer(Guid.NewGuid(), -1, 0, 100)).ToArray();
        using var response = await server.Http.PostAsJsonAsync(Transfers, sent.Select(one => one.ToJson()));
        if (response.StatusCode != HttpStatusCode.OK) return response.StatusCode;
        var items = (await response.Content.ReadFromJsonAsync<JsonElement>()).EnumerateArray();
        return items.All(item => SentTransfer.OutcomeIn(item) == "success")
            ? HttpStatusCode.OK : HttpStatusCode.ServiceUnavailable;
    }
}
