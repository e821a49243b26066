using OrleansWallet.Testing;
using Xunit.Abstractions;

namespace OrleansWallet.Silo.Tests;

/// <summary>A private PostgreSQL and the processes that a test starts over it; all of it goes with the test.</summary>
internal sealed class WalletCluster : IAsyncDisposable
{
    private const int LogLinesMax = 50;
    private const int LineCharsMax = 2_000;
    private readonly List<SiloProcess> processes = [];

    private readonly string[] everywhere;

    private WalletCluster(PrivatePostgres postgres, string database, string[] everywhere)
    {
        Postgres = postgres;
        Database = database;
        this.everywhere = everywhere;
    }

    public PrivatePostgres Postgres { get; }

    /// <summary>The connection string of the wallet's database.</summary>
    public string Database { get; }

    /// <summary>Runs a test on a cluster of its own; where it fails, shows what the processes logged.</summary>
    public static Task UseAsync(ITestOutputHelper output, Func<WalletCluster, Task> test) =>
        UseAsync(output, [], test);

    /// <summary>The same, with settings of every process.</summary>
    public static async Task UseAsync(ITestOutputHelper output, string[] everywhere, Func<WalletCluster, Task> test)
    {
        var postgres = await PrivatePostgres.StartAsync();
        await using var cluster = new WalletCluster(postgres, await postgres.CreateDatabaseAsync(), everywhere);
        try
        {
            await test(cluster);
        }
        catch
        {
            foreach (var process in cluster.processes)
            {
                output.WriteLine(process.Name);
                foreach (var line in process.Log.Where(line => !line.Contains(" info: ")).TakeLast(LogLinesMax))
                    output.WriteLine(line.Length > LineCharsMax ? line[..LineCharsMax] : line);
            }
            throw;
        }
    }

    /// <summary>Starts a process of a role; it may not be ready yet.</summary>
    public SiloProcess Start(string role, params string[] settings)
    {
        var process = SiloProcess.Start(
            [$"--role={role}", $"--Wallet:Postgres={Database}", "--Logging:LogLevel:Default=Warning",
                .. everywhere, .. settings]);
        processes.Add(process);
        return process;
    }

    /// <summary>Starts some silos and waits until all are ready.</summary>
    public async Task<SiloProcess[]> StartSilosAsync(int count)
    {
        var silos = Enumerable.Range(0, count).Select(_ => Start("silo")).ToArray();
        await Task.WhenAll(silos.Select(silo => silo.ReadyAsync()));
        return silos;
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var process in processes) await process.DisposeAsync();
        await Postgres.DisposeAsync();
    }
}
