using System.Diagnostics;
using System.Runtime.InteropServices;
using OrleansWallet.Ledger;

namespace OrleansWallet.Bench;

/// <summary>How a load chooses its accounts.</summary>
internal enum Spread
{
    Uniform,
    Zipf,
    Hot,
}

/// <summary>Picks payer and payee: uniform, by Zipf's law with exponent 1.0, or both of ten hot accounts.</summary>
internal sealed class AccountPicker
{
    private const int HotAccounts = 10;
    private readonly int count;
    private readonly Spread spread;
    private readonly int[] zipf = [];

    public AccountPicker(int count, Spread spread)
    {
        this.count = count;
        this.spread = spread;
        if (spread != Spread.Zipf) return;
        // A table of a million draws from the distribution, so that a draw in the load costs one look-up.
        var cumulative = new double[count];
        var sum = 0.0;
        for (var i = 0; i < count; i++) cumulative[i] = sum += 1.0 / (i + 1);
        zipf = new int[1 << 20];
        var random = new FastRandom(42);
        for (var i = 0; i < zipf.Length; i++)
        {
            var at = Array.BinarySearch(cumulative, random.NextDouble() * sum);
            zipf[i] = Math.Min(at < 0 ? ~at : at, count - 1);
        }
    }

    public (int From, int To) Pick(ref FastRandom random)
    {
        var from = PickOne(ref random);
        var to = PickOne(ref random);
        while (to == from) to = PickOne(ref random);
        return (from, to);
    }

    private int PickOne(ref FastRandom random) => spread switch
    {
        Spread.Uniform => (int)(random.Next() % (ulong)count),
        Spread.Zipf => zipf[random.Next() & ((1 << 20) - 1)],
        _ => (int)(random.Next() % HotAccounts),
    };
}

/// <summary>xorshift64*, so that the load's own numbers cost next to nothing.</summary>
internal struct FastRandom(ulong seed)
{
    private static readonly ulong Begun = (ulong)Stopwatch.GetTimestamp() << 24;
    private static long made;
    private ulong state = Mix(seed);

    /// <summary>One whose numbers no other of this process has: two loads must not send the same ids.</summary>
    public static FastRandom Fresh() => new(Begun + (ulong)Interlocked.Increment(ref made));

    public ulong Next()
    {
        state ^= state >> 12;
        state ^= state << 25;
        state ^= state >> 27;
        return state * 0x2545F4914F6CDD1D;
    }

    // The last step of SplitMix64: every seed gives another state.
    private static ulong Mix(ulong seed)
    {
        seed = (seed ^ (seed >> 30)) * 0xBF58476D1CE4E5B9;
        seed = (seed ^ (seed >> 27)) * 0x94D049BB133111EB;
        seed ^= seed >> 31;
        return seed == 0 ? 1 : seed;
    }

    public double NextDouble() => (Next() >> 11) / (double)(1UL << 53);

    public TransactionId NextId()
    {
        Span<ulong> words = [Next(), Next()];
        return new TransactionId(MemoryMarshal.Read<Guid>(MemoryMarshal.AsBytes(words)));
    }
}

/// <summary>One measured stretch of time: how many were done, and how long each took.</summary>
internal sealed class Measurement(TimeSpan duration)
{
    // Latencies in steps of 1/16 of a power of two of a microsecond.
    private readonly long[] histogram = new long[64 * 16];
    private long count;
    private volatile bool over;

    /// <summary>How many were done.</summary>
    public long Count => Interlocked.Read(ref count);

    /// <summary>Whether the time is up. A look costs nothing, so that the load is not its own clock.</summary>
    public bool IsOver => over;

    public TimeSpan Elapsed { get; private set; }

    /// <summary>Runs the load for the time asked for.</summary>
    public async Task RunAsync(Func<Task> load)
    {
        var begun = Stopwatch.GetTimestamp();
        await using var timer = new Timer(_ => over = true, null, duration, Timeout.InfiniteTimeSpan);
        await load();
        Elapsed = Stopwatch.GetElapsedTime(begun);
    }

    /// <summary>Notes one latency.</summary>
    public void AddLatency(long ticks)
    {
        var micros = Math.Max(1, ticks * 1_000_000 / Stopwatch.Frequency);
        var power = System.Numerics.BitOperations.Log2((ulong)micros);
        var fraction = (int)(((micros << 4) >> power) & 15);
        Interlocked.Increment(ref histogram[power * 16 + fraction]);
    }

    /// <summary>Adds up what one caller did.</summary>
    public void AddCount(long done) => Interlocked.Add(ref count, done);

    /// <summary>The latency in milliseconds that this share of the answers stayed under.</summary>
    public double Quantile(double share)
    {
        var rest = (long)(histogram.Sum() * share);
        for (var i = 0; i < histogram.Length; i++)
        {
            rest -= histogram[i];
            if (rest < 0) return (1L << (i / 16)) * (1 + (i % 16 + 1) / 16.0) / 1000.0;
        }
        return double.NaN;
    }
}
