using OrleansWallet.Conformance;
using OrleansWallet.Silo.Tests;
using OrleansWallet.Testing;
using Xunit.Abstractions;

namespace OrleansWallet.ClusterConformance;

/// <summary>The suite against three silos over PostgreSQL and a front end, each a process of its own.</summary>
[Collection(OneAtATime.Name)]
public sealed class PostgresConformance(PostgresEdition edition, ITestOutputHelper output)
    : WalletConformance(edition, output), IClassFixture<PostgresEdition>;

/// <summary>
/// The cluster edition over a private PostgreSQL. The server that most tests share is a whole cluster; a test that
/// needs one of its own gets a single process that is silo and front end, over a database of its own.
/// </summary>
public class PostgresEdition : Edition, IAsyncLifetime
{
    private const int Silos = 3;

    /// <summary>Settings of every process.</summary>
    protected virtual string[] Everywhere => [];

    private PrivatePostgres? postgres;
    private bool startsUsual;

    async Task IAsyncLifetime.InitializeAsync()
    {
        postgres = await PrivatePostgres.StartAsync();
        startsUsual = true;
        await InitializeAsync();
    }

    async Task IAsyncLifetime.DisposeAsync()
    {
        await DisposeAsync();
        if (postgres is not null) await postgres.DisposeAsync();
    }

    public override async Task<RunningServer> StartAsync(params string[] settings)
    {
        var database = await (postgres ?? throw new InvalidOperationException("No database.")).CreateDatabaseAsync();
        var server = new ClusterRun(database, startsUsual ? Silos : 0, Everywhere, settings);
        startsUsual = false;
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

    // Without silos of its own, the front end is one.
    private sealed class ClusterRun(string database, int silos, string[] everywhere, string[] settings) : RunningServer
    {
        private readonly List<SiloProcess> processes = [];
        private Uri? address;

        public override Uri Address => address ?? throw new InvalidOperationException("It is stopped.");

        public async Task StartAsync()
        {
            for (var i = 0; i < silos; i++) Start("--role=silo");
            await Task.WhenAll(processes.Select(silo => silo.ReadyAsync()));
            address = await Start([silos > 0 ? "--role=api" : "--role=both", .. settings]).ReadyAsync();
        }

        public override async Task RestartAsync()
        {
            address = null;
            // The front end goes first, as it came last.
            foreach (var process in Enumerable.Reverse(processes)) await process.StopAsync();
            await DisposeAsync();
            await StartAsync();
        }

        public override async ValueTask DisposeAsync()
        {
            foreach (var process in processes) await process.DisposeAsync();
            processes.Clear();
        }

        private SiloProcess Start(params string[] own)
        {
            var process = SiloProcess.Start(
                [$"--Wallet:Postgres={database}", "--Logging:LogLevel:Default=Warning",
                    // The suite is about the contract; how long a busy machine takes is not.
                    "--Wallet:QueueSecondsMax=120", .. everywhere, .. own]);
            processes.Add(process);
            return process;
        }
    }
}
