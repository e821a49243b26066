using System.Numerics;
using System.Runtime.InteropServices;
using OrleansWallet.Ledger;

namespace OrleansWallet.Partitions;

/// <summary>
/// Numbers by transaction id, in memory: 24 bytes an entry, at most three quarters full. It only grows. One thread.
/// </summary>
internal sealed class IdTable
{
    private const int CapacityMin = 1_024;

    // Callers choose the ids: a seed of this process, so that nobody can choose ids that collide.
    private static readonly ulong Seed = (ulong)Random.Shared.NextInt64() | 1;

    private Entry[] entries = new Entry[CapacityMin];

    public int Count { get; private set; }

    public bool TryFind(TransactionId id, out long value)
    {
        var (low, high) = HalvesOf(id);
        for (var i = PlaceOf(low, high); ; i = (i + 1) & (entries.Length - 1))
        {
            ref readonly var entry = ref entries[i];
            if (entry.Value == 0)
            {
                value = 0;
                return false;
            }
            if (entry.Low != low || entry.High != high) continue;
            value = entry.Value - 1;
            return true;
        }
    }

    /// <summary>Adds an id that isn't there; the value is not below 0.</summary>
    public void Add(TransactionId id, long value)
    {
        if (4L * (Count + 1) > 3L * entries.Length) Grow();
        var (low, high) = HalvesOf(id);
        Put(low, high, value + 1);
        Count++;
    }

    public void Prefetch(TransactionId id)
    {
        var (low, high) = HalvesOf(id);
        _ = Volatile.Read(ref entries[PlaceOf(low, high)].Value);
    }

    public void WriteTo(Stream stream)
    {
        Span<byte> count = stackalloc byte[sizeof(long)];
        BitConverter.TryWriteBytes(count, (long)Count);
        stream.Write(count);
        foreach (ref readonly var entry in entries.AsSpan())
            if (entry.Value != 0) stream.Write(MemoryMarshal.AsBytes(new ReadOnlySpan<Entry>(in entry)));
    }

    public static IdTable ReadFrom(Stream stream)
    {
        Span<byte> count = stackalloc byte[sizeof(long)];
        stream.ReadExactly(count);
        var expected = BitConverter.ToInt64(count);
        var table = new IdTable
        {
            entries = new Entry[Math.Max(CapacityMin, BitOperations.RoundUpToPowerOf2((ulong)(expected * 4 / 3 + 1)))],
        };
        Entry entry = default;
        for (; table.Count < expected; table.Count++)
        {
            stream.ReadExactly(MemoryMarshal.AsBytes(new Span<Entry>(ref entry)));
            table.Put(entry.Low, entry.High, entry.Value);
        }
        return table;
    }

    public IdTable Clone() => new() { entries = [.. entries], Count = Count };

    private void Grow()
    {
        var old = entries;
        entries = new Entry[2 * old.Length];
        foreach (ref readonly var entry in old.AsSpan())
            if (entry.Value != 0) Put(entry.Low, entry.High, entry.Value);
    }

    private void Put(ulong low, ulong high, long value)
    {
        var i = PlaceOf(low, high);
        while (entries[i].Value != 0) i = (i + 1) & (entries.Length - 1);
        entries[i] = new Entry { Low = low, High = high, Value = value };
    }

    private int PlaceOf(ulong low, ulong high)
    {
        var upper = Math.BigMul(low ^ Seed, high ^ 0x9E3779B97F4A7C15, out var lower);
        return (int)((upper ^ lower) & (ulong)(entries.Length - 1));
    }

    private static (ulong Low, ulong High) HalvesOf(TransactionId id)
    {
        var halves = MemoryMarshal.Cast<TransactionId, ulong>(new ReadOnlySpan<TransactionId>(in id));
        return (halves[0], halves[1]);
    }

    private struct Entry
    {
        public ulong Low;
        public ulong High;
        // One more than the value; 0 where there is none.
        public long Value;
    }
}
