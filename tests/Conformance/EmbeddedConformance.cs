using Microsoft.AspNetCore.Builder;
using OrleansWallet.Api;
using OrleansWallet.Ledger;
using Xunit.Abstractions;

namespace OrleansWallet.Conformance;

/// <summary>The suite against the embedded edition.</summary>
public sealed class EmbeddedConformance(EmbeddedEdition edition, ITestOutputHelper output)
    : WalletConformance(edition, output), IClassFixture<EmbeddedEdition>
{
    private readonly EmbeddedEdition edition = edition;

    [Fact]
    public async Task Sequence_numbers_count_the_events_without_gaps()
    {
        await using var server = await edition.StartAsync();
        using var client = new WalletClient(server);
        var sequence = await SequenceAsync(client);
        // Nothing happened but the opening of the settlement accounts.
        Assert.Equal(Currency.All.Count, sequence);
        var (from, to) = (WalletClient.NewAccount(), WalletClient.NewAccount());
        (await client.OpenAsync(from)).Is(201);
        (await client.OpenAsync(to)).Is(201);
        (await client.OpenAsync(to)).Is(200);
        Assert.Equal(sequence += 2, await SequenceAsync(client));
        (string From, int Status)[] transfers =
            [("settlement:USD", 200), (from, 200), (from, 422), (to, 422), (to, 200)];
        foreach (var (payer, status) in transfers)
        {
            var id = WalletClient.NewId();
            var amount = status == 200 ? "1" : "1000000";
            var payee = payer == from ? to : from;
            (await client.TransferAsync(payer, payee, amount, id: id)).Is(status);
            (await client.TransferAsync(payer, payee, amount, id: id)).Is(status);
            Assert.Equal($"{++sequence}", (await client.FindTransferAsync(id)).Is(200)["sequence"]);
        }
        (await client.FreezeAsync(to)).Is(200);
        (await client.FreezeAsync(to)).Is(200);
        Assert.Equal(sequence + 1, await SequenceAsync(client));
    }

    [Fact]
    public async Task The_digest_stands_for_what_happened_and_nothing_else()
    {
        await using var server = await edition.StartAsync();
        string before;
        using (var client = new WalletClient(server))
        {
            var account = await client.NewAccountAsync("10");
            before = await DigestAsync(client);
            Assert.Matches("^[0-9a-f]{64}$", before);
            (await client.AccountAsync(account)).Is(200);
            (await client.OpenAsync(account)).Is(200);
            (await client.TransferAsync(account, "a b", "1")).Is(400);
            Assert.Equal(before, await DigestAsync(client));
        }
        await server.RestartAsync();
        using var again = new WalletClient(server);
        Assert.Equal(before, await DigestAsync(again));
        (await again.OpenAsync(WalletClient.NewAccount())).Is(201);
        Assert.NotEqual(before, await DigestAsync(again));
    }

    private static async Task<long> SequenceAsync(WalletClient client) =>
        (await LedgerAsync(client)).Json.GetProperty("sequence").GetInt64();

    private static async Task<string> DigestAsync(WalletClient client) => (await LedgerAsync(client))["digest"];

    private static async Task<Reply> LedgerAsync(WalletClient client) =>
        (await client.GetAsync($"{WalletClient.WholeLedger}?fresh=true")).Is(200);
}

/// <summary>The embedded edition in this process, on a directory of its own.</summary>
public sealed class EmbeddedEdition : Edition
{
    public override async Task<RunningServer> StartAsync(params string[] settings)
    {
        var server = new EmbeddedRun(settings);
        await server.StartAsync();
        return server;
    }

    private sealed class EmbeddedRun(string[] settings) : RunningServer
    {
        private readonly DirectoryInfo directory = Directory.CreateTempSubdirectory("wallet-conformance-");
        private WebApplication? app;

        public override Uri Address => new(app?.Urls.First() ?? throw new InvalidOperationException("It is stopped."));

        public async Task StartAsync()
        {
            string[] usual =
            [
                "--urls=http://127.0.0.1:0", $"--Wallet:DataDirectory={directory.FullName}",
                "--Logging:LogLevel:Default=Warning",
            ];
            app = EmbeddedServer.Build([.. usual, .. settings]);
            await app.StartAsync();
        }

        public override async Task RestartAsync()
        {
            await StopAsync();
            await StartAsync();
        }

        public override async ValueTask DisposeAsync()
        {
            await StopAsync();
            directory.Delete(recursive: true);
        }

        private async Task StopAsync()
        {
            if (app is null) return;
            await app.StopAsync();
            await app.DisposeAsync();
            app = null;
        }
    }
}
