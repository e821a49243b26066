using System.Numerics;
using OrleansWallet.Ledger;

namespace OrleansWallet.Partitions.Ids;

/// <summary>
/// The newest ids, in memory: a hash table with linear probing, 24 bytes a slot, at most three quarters full. Its
/// slots follow the order of the ids' hashes, so that a sweep gives them sorted. One thread adds; once it is set
/// aside nobody does, and any thread may read.
/// </summary>
internal sealed class RecentIds(IdHash hasher)
{
    private const int SlotsMin = 1_024;
    // Slots after the last one by hash, so that probing need not wrap and the sweep stays in order.
    private const int OverhangSlots = 256;

    private Slot[] slots = new Slot[SlotsMin + OverhangSlots];
    private int shift = 64 - BitOperations.Log2(SlotsMin);

    /// <summary>How many ids it has.</summary>
    public int Count { get; private set; }

    public bool TryFind(ulong hash, TransactionId id, out long value)
    {
        for (var i = (int)(hash >> shift); ; i++)
        {
            ref readonly var slot = ref slots[i];
            value = slot.Value - 1;
            if (value < 0) return false;
            if (slot.Id == id) return true;
        }
    }

    /// <summary>Adds an id that isn't there; the value is not below 0.</summary>
    public void Add(ulong hash, TransactionId id, long value)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(value);
        if (4L * (Count + 1) > 3L * (slots.Length - OverhangSlots)) Grow();
        while (!TryPut(hash, new Slot { Id = id, Value = value + 1 })) Grow();
        Count++;
    }

    /// <summary>Has the processor fetch what tells of a hash.</summary>
    public void Prefetch(ulong hash) => _ = Volatile.Read(ref slots[hash >> shift].Value);

    /// <summary>All ids, in the order of their hashes.</summary>
    public IEnumerable<IdEntry> Sorted()
    {
        // No id lies outside the unbroken stretch of filled slots that its hash points into, so sorting stretch by
        // stretch sorts all. The table itself stays as it is: it is still searched.
        var stretch = new List<(ulong Hash, IdEntry Entry)>();
        foreach (var slot in slots)
        {
            if (slot.Value != 0)
            {
                var hash = hasher.Of(slot.Id);
                var rank = stretch.Count;
                while (rank > 0 && stretch[rank - 1].Hash > hash) rank--;
                stretch.Insert(rank, (hash, new IdEntry(slot.Id, slot.Value - 1)));
                continue;
            }
            foreach (var (_, entry) in stretch) yield return entry;
            stretch.Clear();
        }
        foreach (var (_, entry) in stretch) yield return entry;
    }

    // False where the last slot would be taken: the one behind an unbroken stretch must be free.
    private bool TryPut(ulong hash, in Slot slot)
    {
        var i = (int)(hash >> shift);
        while (slots[i].Value != 0) i++;
        if (i == slots.Length - 1) return false;
        slots[i] = slot;
        return true;
    }

    private void Grow()
    {
        var old = slots;
        do
        {
            var length = checked(2 * (slots.Length - OverhangSlots));
            slots = new Slot[length + OverhangSlots];
            shift = 64 - BitOperations.Log2((uint)length);
        }
        while (!TryPutAll(old));
    }

    private bool TryPutAll(Slot[] old)
    {
        foreach (ref readonly var slot in old.AsSpan())
            if (slot.Value != 0 && !TryPut(hasher.Of(slot.Id), slot)) return false;
        return true;
    }

    private struct Slot
    {
        public TransactionId Id;
        // One more than the id's value; 0 where there is none.
        public long Value;
    }
}
