using System.Diagnostics;
using Npgsql;
using OrleansWallet.Testing;

namespace OrleansWallet.Bench;

/// <summary>
/// The wallet's transfer beside a bare one, in one run: transfers a second, latencies, processor time, and on
/// PostgreSQL what each costs there. Load, silos and database share the machine.
/// </summary>
internal static class ClusterBench
{
    private const int FundersMax = 64;

    private static readonly (StateHome Home, int Silos, int Callers, Spread Spread)[] Rows =
    [
        (StateHome.Memory, 1, 64, Spread.Uniform), (StateHome.Memory, 1, 256, Spread.Uniform),
        (StateHome.Memory, 1, 1024, Spread.Uniform), (StateHome.Memory, 1, 64, Spread.Hot),
        (StateHome.Memory, 1, 256, Spread.Hot),
        (StateHome.Memory, 2, 256, Spread.Uniform), (StateHome.Memory, 3, 256, Spread.Uniform),
        (StateHome.Postgres, 1, 1, Spread.Uniform), (StateHome.Postgres, 1, 64, Spread.Uniform),
        (StateHome.Postgres, 1, 256, Spread.Uniform), (StateHome.Postgres, 1, 1024, Spread.Uniform),
        (StateHome.Postgres, 1, 64, Spread.Hot), (StateHome.Postgres, 1, 256, Spread.Hot),
        (StateHome.Postgres, 2, 256, Spread.Uniform), (StateHome.Postgres, 3, 256, Spread.Uniform),
    ];

    public static async Task<int> RunAsync(ClusterBenchSettings settings)
    {
        Console.WriteLine(
            $"{settings.Seconds} s a row after as long a warm-up, {settings.Accounts:N0} accounts, "
            + $"{WalletWay.UnderWayMax} transfers under way in the wallet's front end at most.");
        Console.WriteLine();
        Console.WriteLine(
            "| states in | silos | callers | spread | transfer | transfers/s | of bare | p50 ms | p99 ms | failed "
            + "| CPU ms | KB allocated | rows written | commits | WAL bytes |");
        Console.WriteLine("|---|---:|---:|---|---|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|");
        foreach (var home in Enum.GetValues<StateHome>())
        {
            if (home == StateHome.Postgres && PrivatePostgres.WhyMissing is { } reason)
            {
                Console.WriteLine($"Left out: {reason}");
                continue;
            }
            foreach (var silos in Rows.Where(row => row.Home == home).Select(row => row.Silos).Distinct())
                await RunAsync(settings, home, silos);
        }
        return 0;
    }

    private static async Task RunAsync(ClusterBenchSettings settings, StateHome home, int silos)
    {
        var rows = Rows.Where(row => row.Home == home && row.Silos == silos)
            .Where(row => settings.Asks($"{row}")).ToArray();
        if (rows.Length == 0) return;
        await using var server = home == StateHome.Postgres ? await PrivatePostgres.StartAsync(PostgresServers.Settings) : null;
        var postgres = server is null ? null : await server.CreateDatabaseAsync();
        await using var cluster = await BenchCluster.StartAsync(silos, postgres);
        foreach (var way in Ways(cluster, FundersMax))
        {
            await Parallel.ForEachAsync(
                Enumerable.Range(0, settings.Accounts), new ParallelOptions { MaxDegreeOfParallelism = FundersMax },
                async (account, _) => await way[0].FundAsync(account));
            foreach (var silo in way) silo.Dispose();
        }
        foreach (var (_, _, callers, spread) in rows)
        {
            var bare = 0.0;
            foreach (var way in Ways(cluster, callers))
            {
                await MeasureAsync(settings, way, callers, spread);
                var before = await DatabaseCosts.ReadAsync(postgres);
                var processor = Process.GetCurrentProcess().TotalProcessorTime;
                var allocated = GC.GetTotalAllocatedBytes();
                var (measurement, failed) = await MeasureAsync(settings, way, callers, spread);
                processor = Process.GetCurrentProcess().TotalProcessorTime - processor;
                allocated = GC.GetTotalAllocatedBytes() - allocated;
                var costs = await DatabaseCosts.ReadAsync(postgres) - before;
                var rate = measurement.Count / measurement.Elapsed.TotalSeconds;
                if (bare == 0) bare = rate;
                var each = Math.Max(1.0, measurement.Count);
                Console.WriteLine(
                    $"| {home} | {silos} | {callers:N0} | {spread} | {way[0].Name} | {rate:N0} | {rate / bare:F2} "
                    + $"| {measurement.Quantile(0.5):F1} | {measurement.Quantile(0.99):F1} | {failed:N0} "
                    + $"| {processor.TotalMilliseconds / each:F3} | {allocated / each / 1024:F0} "
                    + $"| {costs.Rows / each:F1} | {costs.Commits / each:F2} | {costs.Bytes / each:N0} |");
                foreach (var silo in way) silo.Dispose();
            }
        }
    }

    // The bare one first, in every row; callers are dealt out over the silos.
    private static ITransferWay[][] Ways(BenchCluster cluster, int callers) =>
    [
        [.. cluster.Silos.Select(silo => new BareWay(silo))],
        [.. cluster.Silos.Select(silo => new WalletWay(silo, Math.Max(1, callers / cluster.Silos.Count)))],
    ];

    private static async Task<(Measurement Measurement, long Failed)> MeasureAsync(
        ClusterBenchSettings settings, ITransferWay[] ways, int callers, Spread spread)
    {
        var picker = new AccountPicker(settings.Accounts, spread);
        var measurement = new Measurement(TimeSpan.FromSeconds(settings.Seconds));
        var failed = 0L;
        await measurement.RunAsync(() => Task.WhenAll(
            Enumerable.Range(0, callers).Select(number => Task.Run(() => CallAsync(number)))));
        return (measurement, failed);

        async Task CallAsync(int number)
        {
            var random = FastRandom.Fresh();
            var way = ways[number % ways.Length];
            var (done, lost) = (0L, 0L);
            while (!measurement.IsOver)
            {
                var (from, to) = picker.Pick(ref random);
                var begun = Stopwatch.GetTimestamp();
                if (await way.MoveAsync(from, to, random.NextId()))
                {
                    measurement.AddLatency(Stopwatch.GetTimestamp() - begun);
                    done++;
                }
                else
                {
                    lost++;
                }
            }
            measurement.AddCount(done);
            Interlocked.Add(ref failed, lost);
        }
    }
}

/// <summary>What PostgreSQL has done so far: rows written, transactions committed, bytes of its journal.</summary>
internal readonly record struct DatabaseCosts(long Rows, long Commits, long Bytes)
{
    private const string Query = """
        SELECT (SELECT coalesce(sum(n_tup_ins + n_tup_upd), 0)::bigint FROM pg_stat_user_tables),
               (SELECT xact_commit FROM pg_stat_database WHERE datname = current_database()),
               pg_wal_lsn_diff(pg_current_wal_lsn(), '0/0')::bigint
        """;

    public static DatabaseCosts operator -(DatabaseCosts after, DatabaseCosts before) =>
        new(after.Rows - before.Rows, after.Commits - before.Commits, after.Bytes - before.Bytes);

    /// <summary>Reads them, when those of other sessions have been reported; nothing without a database.</summary>
    public static async Task<DatabaseCosts> ReadAsync(string? postgres)
    {
        if (postgres is null) return default;
        // A session reports what it did a second later at most.
        await Task.Delay(TimeSpan.FromSeconds(1.5));
        await using var source = NpgsqlDataSource.Create(postgres);
        await using var command = source.CreateCommand(Query);
        await using var reader = await command.ExecuteReaderAsync();
        await reader.ReadAsync();
        return new DatabaseCosts(reader.GetInt64(0), reader.GetInt64(1), reader.GetInt64(2));
    }
}
