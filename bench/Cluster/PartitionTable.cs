namespace OrleansWallet.Bench;

/// <summary>The one table of the bench of partitions.</summary>
internal static class PartitionTable
{
    public static void PrintHeader()
    {
        Console.WriteLine(
            "| ledger | partitions | silos | servers | accounts | load | spread | transfers/s | p50 ms | p99 ms "
            + "| not done | CPU s a million | PostgreSQL CPU s a million | statements | bytes a transfer |");
        Console.WriteLine("|---|---:|---:|---:|---:|---|---|---:|---:|---:|---:|---:|---:|---:|---:|");
    }

    /// <summary>Measures a row and prints it.</summary>
    /// <param name="ledger">What is measured.</param>
    /// <param name="load">What the table calls the load.</param>
    /// <param name="spread">How the load chooses its accounts.</param>
    /// <param name="run">Runs the load, and says after its warm-up that it begins.</param>
    public static async Task MeasureAsync(
        BenchLedger ledger, string load, Spread spread, Func<Action, Task<LoadResult>> run)
    {
        var before = default(LedgerCosts);
        var result = await run(() => before = ledger.Costs);
        var costs = ledger.Costs - before;
        var done = Math.Max(1.0, result.Done);
        Console.WriteLine(
            $"| {ledger.Name} | {Some(ledger.Partitions)} | {Some(ledger.Wallets.Count)} "
            + $"| {Some(ledger.Servers?.Count ?? 0)} | {ledger.Accounts:N0} | {load} | {spread} "
            + $"| {result.Done / result.Seconds:N0} | {result.MedianMs:F1} | {result.P99Ms:F1} | {result.NotDone:N0} "
            // What is no wallet has the load alone in this process, and writes in ways of its own.
            + (ledger.Wallets.Count == 0
                ? $"| | {AMillion(costs.Servers)} | | |"
                : $"| {AMillion(costs.Here)} | {AMillion(costs.Servers)} | {costs.Written.Groups:N0} "
                    + $"| {costs.Written.Bytes / done:F0} |"));

        string AMillion(TimeSpan? time) => time is { } known ? $"{known.TotalSeconds / done * 1e6:F1}" : "";
    }

    private static string Some(int count) => count > 0 ? $"{count}" : "";
}
