using OrleansWallet.Ledger;

namespace OrleansWallet.Grains;

/// <summary>
/// This silo's hybrid logical clock: gives sequence numbers, each above all it gave or was shown. Any thread.
/// </summary>
public sealed class NodeClock(TimeProvider time, TimeSpan skewMax)
{
    private long last;
    private int node;

    /// <summary>The reading at this moment; no number is taken.</summary>
    public long Now => Math.Max(Volatile.Read(ref last), HybridTime.LastOf(WallMicros));

    private long WallMicros => Partition.ToMicros(time.GetUtcNow());

    /// <summary>Tells the clock its node's number, before it gives any reading.</summary>
    public void Become(int number) => node = number;

    /// <summary>The next sequence number, above <paramref name="seen"/>.</summary>
    public long Next(long seen)
    {
        while (true)
        {
            var before = Volatile.Read(ref last);
            var next = HybridTime.Next(Math.Max(before, seen), WallMicros, node);
            if (Interlocked.CompareExchange(ref last, next, before) == before) return next;
        }
    }

    /// <summary>Takes notice of a number given elsewhere: what comes after it gets a higher one.</summary>
    public void Observe(long sequence)
    {
        var before = Volatile.Read(ref last);
        while (sequence > before)
        {
            var found = Interlocked.CompareExchange(ref last, sequence, before);
            if (found == before) return;
            before = found;
        }
    }

    /// <summary>Whether no silo can give a number up to this any more, as far as clocks are apart at most.</summary>
    public bool IsPastForAll(long sequence) =>
        sequence <= HybridTime.LastOf(WallMicros - (long)skewMax.TotalMicroseconds);
}
