using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics.X86;
using OrleansWallet.Ledger;

namespace OrleansWallet.Partitions.Ids;

/// <summary>
/// The newest ids, in memory: a hash table with linear probing, 24 bytes a slot, at most three quarters full. Its
/// slots follow the order of the ids' hashes, so that a sweep gives them sorted. One thread adds; once it is set
/// aside nobody does, and any thread may read.
/// </summary>
internal sealed class RecentIds
{
    private const int SlotsMin = 1_024;
    // Slots after the last one by hash, so that probing need not wrap and the sweep stays in order.
    private const int OverhangSlots = 256;

    private readonly IdHash hasher;
    private readonly ulong expectedSlots;
    private Slot[] slots;
    private ulong slotsByHash;

    /// <summary>
    /// A table without ids. When the first few have come, it takes memory for as many as are expected, and never grows
    /// if no more come: growing, all tables of a ledger at one pace, would hold everything up for seconds.
    /// </summary>
    public RecentIds(IdHash hasher, int expected)
    {
        this.hasher = hasher;
        // Should more come all the same, each table grows at a number of its own.
        expectedSlots = (ulong)expected * 4 / 3 + hasher.Of(default) % ((ulong)expected / 4 + 1);
        slotsByHash = SlotsMin;
        slots = new Slot[SlotsMin + OverhangSlots];
    }

    /// <summary>How many ids it has.</summary>
    public int Count { get; private set; }

    public bool TryFind(ulong hash, TransactionId id, out long value)
    {
        for (var i = FirstSlotOf(hash); ; i++)
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

    /// <summary>Asks the processor to have what tells of a hash at hand soon.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public unsafe void Prefetch(ulong hash)
    {
        if (Sse.IsSupported) Sse.Prefetch0(Unsafe.AsPointer(ref SlotOf(hash)));
    }

    // Without a look at the table's length, which lies elsewhere in memory.
    private ref Slot SlotOf(ulong hash) =>
        ref Unsafe.Add(ref MemoryMarshal.GetArrayDataReference(slots), FirstSlotOf(hash));

    // The hash as a fraction of 1, of all slots: so the slots are in the hashes' order, and there may be any number.
    private int FirstSlotOf(ulong hash) => (int)Math.BigMul(hash, slotsByHash, out _);

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
        var i = FirstSlotOf(hash);
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
            slotsByHash = Math.Max(2 * slotsByHash, expectedSlots);
            slots = HugePages.Allocate<Slot>(checked((int)slotsByHash + OverhangSlots));
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
