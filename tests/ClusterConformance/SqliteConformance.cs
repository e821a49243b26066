using Microsoft.AspNetCore.Builder;
using OrleansWallet.Conformance;
using OrleansWallet.Silo;
using Xunit.Abstractions;

namespace OrleansWallet.ClusterConformance;

/// <summary>The suite against a cluster of one: what a developer runs, over a SQLite file.</summary>
[Collection(OneAtATime.Name)]
public sealed class SqliteConformance(SqliteEdition edition, ITestOutputHelper output)
    : WalletConformance(edition, output), IClassFixture<SqliteEdition>;

/// <summary>One silo with front end and dashboard in this process, on a directory of its own.</summary>
public sealed class SqliteEdition : Edition
{
    public override async Task<RunningServer> StartAsync(params string[] settings)
    {
        var server = new SqliteRun(settings);
        try
        {
            await server.StartAsync();
            return server;
        }
        catch
        {
            await server.DisposeAsync();
            throw;
        }
    }

    private sealed class SqliteRun(string[] settings) : RunningServer
    {
        private readonly DirectoryInfo directory = Directory.CreateTempSubdirectory("wallet-cluster-");
        private WebApplication? app;

        public override Uri Address => new(app?.Urls.First() ?? throw new InvalidOperationException("It is stopped."));

        public async Task StartAsync()
        {
            string[] usual =
            [
                "--urls=http://127.0.0.1:0", $"--Wallet:DataDirectory={directory.FullName}",
                "--Logging:LogLevel:Default=Warning",
                // The suite is about the contract; how long a busy machine takes is not.
                "--Wallet:QueueSecondsMax=120",
            ];
            var starting = SiloServer.Build([.. usual, .. settings]);
            try
            {
                // Nothing of the server may run in the few turns that xunit has for its tests.
                await Task.Run(() => starting.StartAsync());
                app = starting;
            }
            catch
            {
                // What never ran can't be stopped.
                await starting.DisposeAsync();
                throw;
            }
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

/// <summary>The editions take turns: ten thousand connections at once to each is more than a small machine has.</summary>
internal static class OneAtATime
{
    public const string Name = "One edition at a time";
}
