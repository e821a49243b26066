using System.Net;
using System.Text;
using OrleansWallet.Embedded;

namespace OrleansWallet.Api.Tests;

/// <summary>The server while its ledger is opened: what it says, and how it ends.</summary>
public sealed class OpeningTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly TaskCompletionSource mayOpen = new(TaskCreationOptions.RunContinuationsAsynchronously);

    [Fact]
    public async Task While_the_ledger_is_recovered_the_server_says_so_and_then_serves()
    {
        using var server = ServerInProcess.Start(OpenWhenToldAsync, isImpatient: true);
        using var http = new HttpClient { BaseAddress = await server.AddressAsync() };

        Assert.Equal(HttpStatusCode.OK, (await http.GetAsync("/healthz")).StatusCode);
        Assert.Contains("being recovered", await IsUnavailableAsync(await http.GetAsync("/readyz")));
        const string account = """{"account_id":"alice","currency":"USD"}""";
        const string transfer = """
            {"from_account":"settlement:USD","to_account":"alice","amount":"1","currency":"USD",
             "transaction_id":"01589980-2664-11ec-9621-0242ac130002"}
            """;
        await IsUnavailableAsync(await PostAsync(http, "balance_transfer", transfer));
        await IsUnavailableAsync(await PostAsync(http, "balance_transfers", $"[{transfer}]"));
        await IsUnavailableAsync(await PostAsync(http, "accounts", account));
        await IsUnavailableAsync(await PostAsync(http, "accounts/alice/freeze", ""));
        foreach (var path in new[] { "accounts/alice", "accounts/alice/entries", "ledger" })
            await IsUnavailableAsync(await http.GetAsync($"/v1/wallet/{path}"));

        mayOpen.SetResult();
        using var patience = new CancellationTokenSource(Patience);
        while ((await http.GetAsync("/readyz", patience.Token)).StatusCode != HttpStatusCode.OK) await Task.Yield();
        Assert.Equal(HttpStatusCode.Created, (await PostAsync(http, "accounts", account)).StatusCode);
        Assert.Equal(HttpStatusCode.OK, (await PostAsync(http, "balance_transfer", transfer)).StatusCode);
        server.Stop();
        Assert.Equal((0, ""), await server.EndAsync());
    }

    [Fact]
    public async Task What_is_found_wrong_after_it_listens_is_told_in_one_line()
    {
        using var server = ServerInProcess.Start(OpenWhenToldAsync, isImpatient: true);
        await server.AddressAsync();
        mayOpen.SetException(new DataDirectoryException("The journal is damaged; put it back from a backup."));
        var expected = $"The journal is damaged; put it back from a backup.{Environment.NewLine}";
        Assert.Equal((1, expected), await server.EndAsync());
    }

    [Fact]
    public async Task Told_to_stop_before_it_listens_it_ends_in_order()
    {
        ServerInProcess? server = null;
        using (server = ServerInProcess.Start(OpenAsync, isImpatient: false))
        {
            mayOpen.SetResult();
            Assert.Equal((0, ""), await server.EndAsync());
        }

        async Task<EmbeddedWallet> OpenAsync(
            EmbeddedOptions options, TimeProvider time, NoticeSink notice, CancellationToken cancel)
        {
            await mayOpen.Task;
            server?.Stop();
            await Task.Delay(Timeout.Infinite, cancel);
            throw new InvalidOperationException("It was not cancelled.");
        }
    }

    [Fact]
    public async Task Told_to_stop_while_it_recovers_it_ends_in_order()
    {
        using var server = ServerInProcess.Start(OpenWhenToldAsync, isImpatient: true);
        await server.AddressAsync();
        server.Stop();
        Assert.Equal((0, ""), await server.EndAsync());
    }

    [Fact]
    public async Task An_opening_that_heeds_nothing_holds_the_end_up_no_longer_than_said()
    {
        LedgerOpener never = (_, _, _, _) => new TaskCompletionSource<EmbeddedWallet>().Task;
        using var server = ServerInProcess.Start(
            never, isImpatient: true, "--Wallet:ShutdownSecondsMax=2", "--Wallet:DrainSecondsMax=1");
        await server.AddressAsync();
        server.Stop();
        Assert.Equal((0, ""), await server.EndAsync());
    }

    private async Task<EmbeddedWallet> OpenWhenToldAsync(
        EmbeddedOptions options, TimeProvider time, NoticeSink notice, CancellationToken cancel)
    {
        await mayOpen.Task.WaitAsync(cancel);
        return await EmbeddedWallet.OpenAsync(options, time, notice, cancel);
    }

    private static Task<HttpResponseMessage> PostAsync(HttpClient http, string path, string body) =>
        http.PostAsync($"/v1/wallet/{path}", new StringContent(body, Encoding.UTF8, "application/json"));

    private static async Task<string> IsUnavailableAsync(HttpResponseMessage reply)
    {
        Assert.Equal(HttpStatusCode.ServiceUnavailable, reply.StatusCode);
        Assert.True(reply.Headers.RetryAfter?.Delta > TimeSpan.Zero);
        var text = await reply.Content.ReadAsStringAsync();
        Assert.Contains("\"code\":\"unavailable\"", text);
        return text;
    }
}
