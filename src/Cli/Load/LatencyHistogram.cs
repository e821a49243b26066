using System.Diagnostics;
using System.Numerics;

namespace OrleansWallet.Cli.Load;

/// <summary>
/// Latencies in a fixed number of buckets, each about 3 % wide: 1 µs to days in 16 KiB, so that no measurement ever
/// grows.
/// </summary>
internal sealed class LatencyHistogram
{
    private const int FractionBits = 5;
    private const int FractionSteps = 1 << FractionBits;

    private readonly long[] counts = new long[64 * FractionSteps];

    /// <summary>How many latencies it has.</summary>
    public long Count { get; private set; }

    /// <summary>The longest, in ticks of <see cref="Stopwatch"/>.</summary>
    public long LongestTicks { get; private set; }

    /// <summary>Adds a latency, in ticks of <see cref="Stopwatch"/>.</summary>
    public void Add(long ticks)
    {
        counts[BucketOf(Math.Max(1, (ulong)(ticks * 1_000_000.0 / Stopwatch.Frequency)))]++;
        Count++;
        LongestTicks = Math.Max(LongestTicks, ticks);
    }

    /// <summary>Adds all of another's.</summary>
    public void Add(LatencyHistogram other)
    {
        for (var i = 0; i < counts.Length; i++) counts[i] += other.counts[i];
        Count += other.Count;
        LongestTicks = Math.Max(LongestTicks, other.LongestTicks);
    }

    /// <summary>The latency that this share of all stayed within, to about 3 %.</summary>
    public TimeSpan Quantile(double share)
    {
        if (Count == 0) return TimeSpan.Zero;
        var rest = Math.Max(1, (long)Math.Ceiling(Count * share));
        var bucket = 0;
        while ((rest -= counts[bucket]) > 0) bucket++;
        var power = bucket >> FractionBits;
        var upper = Math.ScaleB(1 + ((bucket & (FractionSteps - 1)) + 1) / (double)FractionSteps, power);
        return Min(TimeSpan.FromMicroseconds(upper), Stopwatch.GetElapsedTime(0, LongestTicks));
    }

    private static int BucketOf(ulong micros)
    {
        var power = BitOperations.Log2(micros);
        var fraction = power >= FractionBits ? micros >> (power - FractionBits) : micros << (FractionBits - power);
        return (power << FractionBits) | (int)(fraction & (FractionSteps - 1));
    }

    private static TimeSpan Min(TimeSpan one, TimeSpan other) => one < other ? one : other;
}
