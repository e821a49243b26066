namespace OrleansWallet.Cli.Load;

/// <summary>What a load came to, in figures.</summary>
internal sealed class LoadReport(LoadSettings settings, LoadTally tally, TimeSpan elapsed, TimeSpan cpu)
{
    /// <summary>Prints it.</summary>
    public void Print(TextWriter output)
    {
        var answered = tally.Success + tally.Rejected.Values.Sum();
        var seconds = Math.Max(elapsed.TotalSeconds, 0.001);
        var spread = settings.Spread.ToString().ToLowerInvariant();
        output.WriteLine($"load        {settings.Connections:N0} connections, "
            + (settings.Batch == 1 ? "one by one" : $"batches of {settings.Batch:N0}")
            + $", {settings.Accounts:N0} accounts, {spread}, seed {settings.Seed}");
        output.WriteLine($"throughput  {answered / seconds:N0} transfers a second, {answered:N0} in {seconds:N1} s");
        output.WriteLine($"latency     p50 {Ms(0.5)}  p95 {Ms(0.95)}  p99 {Ms(0.99)}  p99.9 {Ms(0.999)}  "
            + (settings.Batch == 1 ? "a transfer" : "a batch"));
        output.WriteLine($"generator   {cpu.TotalSeconds / seconds:N2} cores, "
            + $"{cpu.TotalMicroseconds / Math.Max(1, answered):N2} µs a transfer");
        output.WriteLine($"success     {tally.Success:N0}, of which replayed {tally.Replayed:N0}");
        foreach (var (code, count) in tally.Rejected.OrderBy(pair => pair.Key, StringComparer.Ordinal))
            output.WriteLine($"rejected    {count:N0} {code}");
        output.WriteLine($"sent again  {tally.Overloaded:N0} after \"overloaded\", {tally.Resent:N0} after a "
            + "broken connection");
        output.WriteLine($"failed      {tally.Failed:N0}");
    }

    /// <summary>What is wrong already by the answers alone.</summary>
    public IEnumerable<string> Faults()
    {
        if (tally.Failed > 0) yield return $"{tally.Failed:N0} transfers failed, the first: {tally.FirstFailure}";
        if (tally.ReplayedWrongly > 0)
            yield return $"{tally.ReplayedWrongly:N0} transfers were answered as replayed, though they were sent once.";
        if (tally.Latency.Count == 0) yield return "No transfer was sent.";
    }

    private string Ms(double share) => $"{tally.Latency.Quantile(share).TotalMilliseconds:N2} ms";
}
