using Npgsql;

namespace OrleansWallet.Bench;

/// <summary>
/// The same transfer in PostgreSQL on the same machine, beside the engine. The server is one that
/// <c>bench/postgres.sh</c> starts for this run.
/// </summary>
internal static class PostgresBench
{
    public static async Task<int> RunAsync(BenchSettings settings)
    {
        var address = settings.Postgres
            ?? throw new InvalidOperationException("POSTGRES is not set; run this through bench/postgres.sh.");
        await using var source = await PostgresTransfers.MakeAsync(address, settings.Accounts);
        Console.WriteLine("| PostgreSQL, callers | spread | transfers/s | p50 ms | p99 ms |");
        Console.WriteLine("| ---: | --- | ---: | ---: | ---: |");
        var best = 0.0;
        foreach (var callers in new[] { 1, 16, 64 })
            best = Math.Max(best, await MeasureAsync(source, settings, callers, Spread.Uniform));
        await MeasureAsync(source, settings, 16, Spread.Hot);
        Console.WriteLine();
        var (singles, batches) = await EngineBench.RatesAsync(settings);
        Console.WriteLine();
        Console.WriteLine(
            $"Against PostgreSQL's best, {best:N0}/s: single callers {singles / best:F0} times, batches "
            + $"{batches / best:F0} times.");
        return 0;
    }

    private static async Task<double> MeasureAsync(
        NpgsqlDataSource source, BenchSettings settings, int callers, Spread spread)
    {
        var measurement = new Measurement(TimeSpan.FromSeconds(settings.Seconds));
        await PostgresTransfers.SendAsync(source, measurement, new AccountPicker(settings.Accounts, spread), callers);
        Console.WriteLine(
            $"| {callers} | {spread} | {measurement.Count / measurement.Elapsed.TotalSeconds:N0} "
            + $"| {measurement.Quantile(0.5):F2} | {measurement.Quantile(0.99):F2} |");
        return measurement.Count / measurement.Elapsed.TotalSeconds;
    }
}
