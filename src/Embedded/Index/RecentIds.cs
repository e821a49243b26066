using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics.X86;
using OrleansWallet.Ledger;

namespace OrleansWallet.Embedded.Index;

/// <summary>
/// The newest transaction ids: a hash table with linear probing, whose slots follow the hashes' order, so that
/// sweeping it gives them almost sorted. One thread adds; once it is full nobody does, and any thread may read.
/// </summary>
internal sealed class RecentIds
{
    // Slots after the last one by hash, so that probing need not wrap and the sweep stays in order.
    private const int OverhangSlots = 4096;

    private IdEntry[] slots;
    private int shift;

    /// <summary>A table that is at most half full with so many ids.</summary>
    public RecentIds(int ids)
    {
        var slotsByHash = System.Numerics.BitOperations.RoundUpToPowerOf2((uint)ids * 2);
        IdsMax = (int)(slotsByHash / 4 * 3);
        shift = 64 - System.Numerics.BitOperations.Log2(slotsByHash);
        slots = HugePages.Allocate<IdEntry>((int)slotsByHash + OverhangSlots);
    }

    /// <summary>How many ids it takes before it grows.</summary>
    public int IdsMax { get; private set; }

    public int Count { get; private set; }

    /// <summary>Asks the processor to have the slots of a hash at hand soon.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public unsafe void Prefetch(ulong hash)
    {
        if (!Sse.IsSupported) return;
        fixed (IdEntry* slot = &slots[hash >> shift]) Sse.Prefetch0(slot);
    }

    /// <summary>
    /// The next place recorded under a hash, from slot <paramref name="cursor"/> on (-1 to begin); 0 when there is
    /// none.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public long Next(ulong hash, ref int cursor)
    {
        for (var i = cursor < 0 ? (int)(hash >> shift) : cursor; ; i++)
        {
            var slot = slots[i];
            if (slot.Place == 0) return 0;
            if (slot.Hash != hash) continue;
            cursor = i + 1;
            return slot.Place;
        }
    }

    /// <summary>Adds an id.</summary>
    public void Add(ulong hash, long place)
    {
        if (Count >= IdsMax) Grow();
        var i = (int)(hash >> shift);
        while (slots[i].Place != 0) i++;
        if (i >= slots.Length - 1) throw new InvalidOperationException("The table of recent ids has no slot left.");
        slots[i] = new IdEntry(hash, place);
        Count++;
    }

    // Only where a batch is larger than the limits: another start, with larger ones, wrote it.
    private void Grow()
    {
        var old = slots;
        IdsMax *= 2;
        shift--;
        Count = 0;
        slots = HugePages.Allocate<IdEntry>((old.Length - OverhangSlots) * 2 + OverhangSlots);
        foreach (var slot in old)
            if (slot.Place != 0) Add(slot.Hash, slot.Place);
    }

    /// <summary>Hands over all ids, ordered by hash.</summary>
    public void Sweep(Action<IdEntry> visit)
    {
        // No id lies outside the unbroken stretch of filled slots that its hash points into, so sorting stretch by
        // stretch sorts all. The table itself stays as it is: it is still searched.
        var sorted = new List<IdEntry>();
        foreach (ref readonly var slot in slots.AsSpan())
        {
            if (slot.Place != 0)
            {
                var rank = sorted.Count;
                while (rank > 0 && sorted[rank - 1].Hash > slot.Hash) rank--;
                sorted.Insert(rank, slot);
            }
            else if (sorted.Count > 0)
            {
                foreach (var entry in sorted) visit(entry);
                sorted.Clear();
            }
        }
        foreach (var entry in sorted) visit(entry);
    }

    /// <summary>Forgets all ids.</summary>
    public void Clear()
    {
        Array.Clear(slots);
        Count = 0;
    }
}
