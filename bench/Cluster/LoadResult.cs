namespace OrleansWallet.Bench;

/// <summary>What a load came to.</summary>
/// <param name="Done">How many transfers succeeded.</param>
/// <param name="NotDone">How many did not.</param>
/// <param name="Seconds">How long it took.</param>
/// <param name="MedianMs">Half of the answers came within this.</param>
/// <param name="P99Ms">All but a hundredth of the answers came within this.</param>
internal sealed record LoadResult(long Done, long NotDone, double Seconds, double MedianMs, double P99Ms)
{
    /// <summary>Runs a load as long as asked for, and again to be measured; in between it says so.</summary>
    /// <param name="seconds">How long.</param>
    /// <param name="load">Sends until the time is up, and returns how many transfers did not succeed.</param>
    /// <param name="begins">Called after the warm-up.</param>
    public static async Task<LoadResult> MeasureAsync(int seconds, Func<Measurement, Task<long>> load, Action begins)
    {
        var time = TimeSpan.FromSeconds(seconds);
        await load(new Measurement(time));
        begins();
        var measurement = new Measurement(time);
        var lost = await load(measurement);
        return new LoadResult(
            measurement.Count, lost, measurement.Elapsed.TotalSeconds, measurement.Quantile(0.5),
            measurement.Quantile(0.99));
    }
}
