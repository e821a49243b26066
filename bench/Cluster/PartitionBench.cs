using System.Diagnostics;
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
internal static class PartitionBench
{
    private const int Batch = 10_000;
    private const int BatchesInFlight = 4;
    private const int AccountGrains = 10_000;
    private const int ManyPartitions = 64;
    private const int FewPartitions = 10;
    private static readonly Currency Usd = Currency.Parse("USD");
    private static readonly int[] Callers = [1, 64, 1_024, 8_192];

    public static async Task<int> RunAsync(ClusterBenchSettings settings)
    {
        if (PrivatePostgres.WhyMissing is { } reason)
        {
            Console.WriteLine($"Left out: {reason}");
            return 1;
        }
        Console.WriteLine(
            $"{settings.Seconds} s a row after as long a warm-up; {settings.PartitionAccounts:N0} accounts, "
            + $"{AccountGrains:N0} account grains; {BatchesInFlight} batches of {Batch:N0} in flight.");
        Console.WriteLine();
        Console.WriteLine(
            "| ledger | partitions | silos | load | spread | transfers/s | p50 ms | p99 ms | not done "
            + "| CPU s a million | statements | bytes a transfer |");
        Console.WriteLine("|---|---:|---:|---|---|---:|---:|---:|---:|---:|---:|---:|");
        await AccountsAsync(settings);
        foreach (var protocol in new[] { TransferProtocol.Tcc, TransferProtocol.Saga })
        {
            await PartitionsAsync(settings, protocol, FewPartitions, 1, Spread.Uniform);
            await PartitionsAsync(settings, protocol, ManyPartitions, 1, Spread.Uniform, Spread.Zipf, Spread.Hot);
        }
        await PartitionsAsync(settings, TransferProtocol.Tcc, ManyPartitions, 2, Spread.Uniform);
        await PartitionsAsync(settings, TransferProtocol.Tcc, ManyPartitions, 3, Spread.Uniform);
        await EmbeddedAsync(settings);
        await PostgresAsync(settings);
        return 0;
    }

    private static async Task PostgresAsync(ClusterBenchSettings settings)
    {
        if (!settings.Asks("PostgreSQL")) return;
        await using var server = await PrivatePostgres.StartAsync();
        await using var source = await PostgresTransfers.MakeAsync(
            await server.CreateDatabaseAsync(), settings.PartitionAccounts);
        foreach (var (callers, spread) in new[] { (1, Spread.Uniform), (16, Spread.Uniform), (16, Spread.Hot) })
        {
            var picker = new AccountPicker(settings.PartitionAccounts, spread);
            var time = TimeSpan.FromSeconds(settings.Seconds);
            await PostgresTransfers.SendAsync(source, new Measurement(time), picker, callers);
            var measurement = new Measurement(time);
            await PostgresTransfers.SendAsync(source, measurement, picker, callers);
            Console.WriteLine(
                $"| PostgreSQL alone | | | {callers} callers | {spread} "
                + $"| {measurement.Count / measurement.Elapsed.TotalSeconds:N0} | {measurement.Quantile(0.5):F1} "
                + $"| {measurement.Quantile(0.99):F1} | 0 | | | |");
        }
    }

    private static async Task AccountsAsync(ClusterBenchSettings settings)
    {
        if (!settings.Asks("accounts")) return;
        await using var server = await PrivatePostgres.StartAsync();
        var postgres = await server.CreateDatabaseAsync();
        await using var cluster = await BenchCluster.StartAsync(1, postgres);
        var readiness = new ClusterReadiness();
        readiness.Ready();
        using var wallet = new ClusterWallet(
            cluster.Silos[0].GetRequiredService<IGrainFactory>(), Options.Create(new WalletClusterOptions()), readiness,
            TimeProvider.System);
        await FundAsync(wallet, AccountGrains, 256);
        foreach (var (callers, spread) in new[]
            { (1, Spread.Uniform), (64, Spread.Uniform), (1_024, Spread.Uniform), (1_024, Spread.Hot) })
            await MeasureAsync(settings, "accounts", 0, [wallet], callers, 1, spread, AccountGrains, () => default);
    }

    private static async Task PartitionsAsync(
        ClusterBenchSettings settings, TransferProtocol protocol, int partitions, int silos, params Spread[] spreads)
    {
        if (!settings.Asks($"{protocol} {partitions} {silos}")) return;
        await using var server = await PrivatePostgres.StartAsync();
        await using var cluster = await PartitionCluster.StartAsync(
            silos, partitions, protocol, await server.CreateDatabaseAsync());
        await FundAsync(cluster.Wallets[0], settings.PartitionAccounts, 5_000);
        foreach (var spread in spreads)
        {
            foreach (var callers in spread == Spread.Uniform ? Callers : [8_192])
                await MeasureAsync(
                    settings, $"{protocol}", partitions, cluster.Wallets, callers, 1, spread,
                    settings.PartitionAccounts, () => cluster.Written);
            await MeasureAsync(
                settings, $"{protocol}", partitions, cluster.Wallets, BatchesInFlight, Batch, spread,
                settings.PartitionAccounts, () => cluster.Written);
        }
    }

    private static async Task EmbeddedAsync(ClusterBenchSettings settings)
    {
        if (!settings.Asks("embedded")) return;
        var directory = Directory.CreateTempSubdirectory("wallet-bench-").FullName;
        try
        {
            await using var wallet = await EmbeddedWallet.OpenAsync(
                new EmbeddedOptions { DataDirectory = directory }, TimeProvider.System, _ => { });
            await FundAsync(wallet, settings.PartitionAccounts, 5_000);
            await MeasureAsync(
                settings, "embedded", 0, [wallet], 8_192, 1, Spread.Uniform, settings.PartitionAccounts, () => default);
            await MeasureAsync(
                settings, "embedded", 0, [wallet], BatchesInFlight, Batch, Spread.Uniform, settings.PartitionAccounts,
                () => default);
        }
        finally
        {
            Directory.Delete(directory, recursive: true);
        }
    }

    private static async Task FundAsync(IWallet wallet, int accounts, int together)
    {
        var numbers = Enumerable.Range(0, accounts).ToArray();
        await Parallel.ForEachAsync(
            numbers, new ParallelOptions { MaxDegreeOfParallelism = 256 },
            async (number, _) => await wallet.OpenAccountAsync(IdOf(number), Usd, CancellationToken.None));
        var random = FastRandom.Fresh();
        foreach (var some in numbers.Chunk(together))
        {
            var transfers = Array.ConvertAll(some, number => new Transfer(
                random.NextId(), AccountId.Settlement(Usd), IdOf(number), new Money(1_000_000_000, Usd)));
            var outcomes = new TransferOutcome[transfers.Length];
            await wallet.TransferManyAsync(transfers, outcomes);
            Succeeded.Require(outcomes);
        }
    }

    private static async Task MeasureAsync(
        ClusterBenchSettings settings, string ledger, int partitions, List<IWallet> wallets, int callers,
        int batch, Spread spread, int accounts, Func<(long Groups, long Batches, long Bytes)> written)
    {
        var ids = Enumerable.Range(0, accounts).Select(IdOf).ToArray();
        var picker = new AccountPicker(accounts, spread);
        await LoadAsync(new Measurement(TimeSpan.FromSeconds(settings.Seconds)));
        var (before, processor) = (written(), Process.GetCurrentProcess().TotalProcessorTime);
        var measurement = new Measurement(TimeSpan.FromSeconds(settings.Seconds));
        var failed = await LoadAsync(measurement);
        processor = Process.GetCurrentProcess().TotalProcessorTime - processor;
        var after = written();
        var done = Math.Max(1.0, measurement.Count);
        var load = batch > 1 ? $"batches of {batch:N0}" : $"{callers:N0} callers";
        Console.WriteLine(
            $"| {ledger} | {(partitions > 0 ? partitions : "")} | {wallets.Count} | {load} | {spread} "
            + $"| {done / measurement.Elapsed.TotalSeconds:N0} | {measurement.Quantile(0.5):F1} "
            + $"| {measurement.Quantile(0.99):F1} | {failed:N0} | {processor.TotalSeconds / done * 1e6:F1} "
            + $"| {after.Groups - before.Groups:N0} | {(after.Bytes - before.Bytes) / done:F0} |");

        async Task<long> LoadAsync(Measurement measured)
        {
            var lost = 0L;
            await measured.RunAsync(() => Task.WhenAll(Enumerable.Range(0, callers).Select(number => Task.Run(async () =>
            {
                var (wallet, random) = (wallets[number % wallets.Count], FastRandom.Fresh());
                var (transfers, outcomes) = (new Transfer[batch], new TransferOutcome[batch]);
                while (!measured.IsOver)
                {
                    for (var i = 0; i < batch; i++)
                    {
                        var (from, to) = picker.Pick(ref random);
                        transfers[i] = new Transfer(random.NextId(), ids[from], ids[to], new Money(1, Usd));
                    }
                    var begun = Stopwatch.GetTimestamp();
                    if (batch > 1) await wallet.TransferManyAsync(transfers, outcomes);
                    else outcomes[0] = await wallet.TransferAsync(transfers[0]);
                    var successes = outcomes.Count(outcome => outcome is { Rejection: Rejection.None, Replayed: false });
                    Interlocked.Add(ref lost, batch - successes);
                    measured.AddLatency(Stopwatch.GetTimestamp() - begun);
                    measured.AddCount(successes);
                }
            }))));
            return lost;
        }
    }

    private static AccountId IdOf(int number) => AccountId.Parse($"account-{number}");
}
