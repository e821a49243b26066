using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using OrleansWallet.Embedded;
using OrleansWallet.Grains;
using OrleansWallet.Ledger;
using OrleansWallet.Testing;

namespace OrleansWallet.Bench;

/// <summary>
/// The same transfers in one run and one table: account grains with Orleans transactions, partitions with TC/C and with
/// sagas, the embedded edition, and PostgreSQL alone. All durable, PostgreSQL and the load on the same cores.
/// </summary>
internal sealed class PartitionBench(ClusterBenchSettings settings)
{
    private const int Batch = IWallet.TransfersMax;
    private const int BatchesInFlight = 4;
    private const int AccountGrains = 10_000;
    private const int ManyPartitions = 64;
    private const int FewPartitions = 10;
    private const int ManyCallers = 8_192;
    // So many times as long as other rows: enough for each partition to be written to snapshots, and its ids to pages.
    private const int SustainedTimes = 20;
    private const string EmbeddedName = "embedded";
    private const string PostgresName = "PostgreSQL alone";

    private static readonly TransferProtocol[] Protocols = [TransferProtocol.Tcc, TransferProtocol.Saga];
    private static readonly int[] FewerCallers = [1_024, 64, 1];

    public static async Task<int> RunAsync(ClusterBenchSettings settings)
    {
        if (PrivatePostgres.WhyMissing is { } reason)
        {
            Console.WriteLine($"Left out: {reason}");
            return 1;
        }
        var groups = new PartitionBench(settings).Groups();
        if (!groups.Any(group => settings.Asks(group.Name)))
        {
            Console.WriteLine($"No group is called so. There are: {string.Join(", ", groups.Select(one => one.Name))}");
            return 2;
        }
        Console.WriteLine(
            $"{settings.Seconds} s a row after as long a warm-up; {BatchesInFlight} batches of {Batch:N0} in flight. "
            + "CPU is this process's, load included, and PostgreSQL's that of all its processes.");
        Console.WriteLine(
            $"By HTTP the load is another process, with the same transfers again under new ids on each of its "
            + $"{BatchesInFlight} connections; there CPU is without the load. Several PostgreSQL servers share this "
            + $"machine's {Environment.ProcessorCount} cores and its disk: those rows show what having them costs, "
            + "not what they bring on machines of their own.");
        Console.WriteLine(
            "\"together\": one silo, whose partitions commit together. \"apart\": one silo, each partition with a "
            + "commit of its own, so that every transfer between two goes by the protocol. With several silos or "
            + "servers, those do whose partitions are not in one.");
        Console.WriteLine();
        PartitionTable.PrintHeader();
        foreach (var (name, run) in groups)
            if (settings.Asks(name)) await run();
        return 0;
    }

    // The rows' groups in the table's order. Each is measured alone by a part of its name.
    private List<(string Name, Func<Task> Run)> Groups()
    {
        var groups = new List<(string Name, Func<Task> Run)> { ("accounts", AccountsAsync) };
        AddSpreads(new PartitionLayout(FewPartitions), Spread.Uniform);
        AddSpreads(new PartitionLayout(ManyPartitions), Spread.Uniform, Spread.Zipf, Spread.Hot);
        // Close to the rows they are compared with: machines change their speed.
        groups.Add((EmbeddedName, () => EmbeddedAsync(RowsAsync)));
        foreach (var protocol in Protocols)
        {
            foreach (var partitions in new[] { FewPartitions, ManyPartitions })
                AddSpreads(new PartitionLayout(partitions, protocol, Loops: partitions), Spread.Uniform);
            foreach (var silos in new[] { 2, 3 })
                AddSpreads(new PartitionLayout(ManyPartitions, protocol, silos), Spread.Uniform);
        }
        foreach (var servers in new[] { 2, 4 })
            Add($"{servers} servers ", new PartitionLayout(ManyPartitions, Servers: servers), RowsAsync);
        Add("sustained ", new PartitionLayout(ManyPartitions), ledger => SustainedAsync(ledger, 1, Spread.Uniform));
        foreach (var spread in new[] { Spread.Uniform, Spread.Hot })
            Add("sustained ", new PartitionLayout(ManyPartitions), ledger => SustainedAsync(ledger, Batch, spread));
        Add("million ", new PartitionLayout(ManyPartitions, Accounts: settings.ManyAccounts), RowsAsync);
        Add("http ", new PartitionLayout(FewPartitions), HttpBatchesAsync);
        Add("http ", new PartitionLayout(ManyPartitions), HttpRowsAsync);
        groups.Add(($"http {EmbeddedName}", () => EmbeddedAsync(HttpBatchesAsync)));
        groups.Add((PostgresName, PostgresAsync));
        return groups;

        // Each on a ledger of its own: what rows leave to do for later, snapshots above all, would fall on the next.
        void AddSpreads(PartitionLayout layout, params Spread[] spreads)
        {
            foreach (var spread in spreads)
                Add(spread == Spread.Uniform ? "" : $"{spread} ", layout, ledger => SpreadAsync(ledger, spread));
        }

        void Add(string what, PartitionLayout layout, Func<BenchLedger, Task> rows) => groups.Add((
            $"{what}{layout.Name} {layout.Partitions} {layout.Silos}", () => PartitionsAsync(layout, rows)));
    }

    private async Task AccountsAsync()
    {
        await using var servers = await PostgresServers.StartAsync();
        await using var cluster = await BenchCluster.StartAsync(1, servers.Database);
        var readiness = new ClusterReadiness();
        readiness.Ready();
        using var wallet = new ClusterWallet(
            cluster.Silos[0].GetRequiredService<IGrainFactory>(), Options.Create(new WalletClusterOptions()), readiness,
            TimeProvider.System);
        var ledger = new BenchLedger("accounts", AccountGrains, [wallet]) { Servers = servers };
        await ledger.FundAsync(opening: 256, together: 256, batches: 1);
        foreach (var (callers, spread) in new[]
        {
            (1, Spread.Uniform), (64, Spread.Uniform), (1_024, Spread.Uniform), (ManyCallers, Spread.Uniform),
            (1_024, Spread.Hot),
        })
            await SinglesAsync(ledger, callers, spread);
        await BatchesAsync(ledger, Spread.Uniform);
    }

    private async Task PartitionsAsync(PartitionLayout layout, Func<BenchLedger, Task> rows)
    {
        await using var servers = await PostgresServers.StartAsync(layout.Servers);
        await using var cluster = await PartitionCluster.StartAsync(layout, servers);
        var accounts = layout.Accounts ?? settings.PartitionAccounts;
        var ledger = new BenchLedger(layout.Name, accounts, cluster.Wallets)
        {
            Partitions = layout.Partitions,
            Servers = servers,
            Written = () => cluster.Written,
        };
        await FundAsync(ledger);
        await rows(ledger);
    }

    private async Task SpreadAsync(BenchLedger ledger, Spread spread)
    {
        await SinglesAsync(ledger, ManyCallers, spread);
        await BatchesAsync(ledger, spread);
        if (spread != Spread.Uniform) return;
        foreach (var callers in FewerCallers) await SinglesAsync(ledger, callers, spread);
    }

    private async Task EmbeddedAsync(Func<BenchLedger, Task> rows)
    {
        var directory = Directory.CreateTempSubdirectory("wallet-bench-").FullName;
        try
        {
            await using var wallet = await EmbeddedWallet.OpenAsync(
                new EmbeddedOptions { DataDirectory = directory }, TimeProvider.System, _ => { });
            var ledger = new BenchLedger(EmbeddedName, settings.PartitionAccounts, [wallet]);
            await FundAsync(ledger);
            await rows(ledger);
        }
        finally
        {
            Directory.Delete(directory, recursive: true);
        }
    }

    private async Task RowsAsync(BenchLedger ledger)
    {
        await SinglesAsync(ledger, ManyCallers, Spread.Uniform);
        await BatchesAsync(ledger, Spread.Uniform);
    }

    private Task SustainedAsync(BenchLedger ledger, int batch, Spread spread) => WalletLoad.MeasureAsync(
        settings with { Seconds = SustainedTimes * settings.Seconds }, ledger,
        batch == 1 ? ManyCallers : BatchesInFlight, batch, spread, $", {SustainedTimes * settings.Seconds} s");

    private async Task HttpRowsAsync(BenchLedger ledger)
    {
        await HttpBatchesAsync(ledger);
        foreach (var connections in new[] { 64, 512 }) await HttpAsync(ledger, connections, 1);
    }

    private Task HttpBatchesAsync(BenchLedger ledger) => HttpAsync(ledger, BatchesInFlight, Batch);

    private async Task HttpAsync(BenchLedger ledger, int connections, int batch)
    {
        await using var frontEnd = await HttpFrontEnd.StartAsync(ledger.Wallets[0]);
        var order = new HttpLoadOrder(frontEnd.Port, connections, batch, ledger.Accounts, settings.Seconds);
        await PartitionTable.MeasureAsync(
            ledger, batch > 1 ? $"HTTP, batches of {batch:N0}" : $"HTTP, {connections:N0} connections", Spread.Uniform,
            begins => HttpLoadProcess.StartAsync(order, begins));
    }

    private async Task PostgresAsync()
    {
        await using var servers = await PostgresServers.StartAsync();
        var ledger = new BenchLedger(PostgresName, settings.PartitionAccounts, []) { Servers = servers };
        await using var source = await PostgresTransfers.MakeAsync(servers.Database, ledger.Accounts);
        foreach (var (callers, spread) in new[] { (1, Spread.Uniform), (16, Spread.Uniform), (16, Spread.Hot) })
        {
            var picker = new AccountPicker(ledger.Accounts, spread);
            await PartitionTable.MeasureAsync(ledger, $"{callers} callers", spread, begins => LoadResult.MeasureAsync(
                settings.Seconds,
                async measurement =>
                {
                    await PostgresTransfers.SendAsync(source, measurement, picker, callers);
                    return 0;
                },
                begins));
        }
    }

    private static Task FundAsync(BenchLedger ledger) =>
        ledger.FundAsync(opening: ManyCallers, together: Batch, batches: BatchesInFlight);

    private Task SinglesAsync(BenchLedger ledger, int callers, Spread spread) =>
        WalletLoad.MeasureAsync(settings, ledger, callers, 1, spread);

    private Task BatchesAsync(BenchLedger ledger, Spread spread) =>
        WalletLoad.MeasureAsync(settings, ledger, BatchesInFlight, Batch, spread);
}
