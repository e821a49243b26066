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
    // Of all tables of the process.
    private const long SpareBytesMax = 256 << 20;

    private static readonly SpareArrays<Slot> Spare = new(SpareBytesMax);

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

    /// <summary>All ids, in the order of their hashes; the table stays as it is, and is still searched.</summary>
    public Sweep Sorted() => new(this);

    /// <summary>Gives its memory to tables to come; nothing may use it any more.</summary>
    public void Release()
    {
        Give(slots);
        slots = [];
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
            var wanted = checked((int)Math.Max(2 * slotsByHash, expectedSlots)) + OverhangSlots;
            slots = Spare.Take(wanted);
            slotsByHash = (ulong)(slots.Length - OverhangSlots);
        }
        while (!TryPutAll(old));
        Give(old);
    }

    private static void Give(Slot[] array)
    {
        if (array.Length > SlotsMin + OverhangSlots) Spare.Give(array);
    }

    private bool TryPutAll(Slot[] old)
    {
        foreach (ref readonly var slot in old.AsSpan())
            if (slot.Value != 0 && !TryPut(hasher.Of(slot.Id), slot)) return false;
        return true;
    }

    /// <summary>Gives a table's ids one by one, in the order of their hashes.</summary>
    internal sealed class Sweep(RecentIds table)
    {
        private (ulong Hash, IdEntry Entry)[] stretch = new (ulong, IdEntry)[OverhangSlots];
        private int slot;
        private int count;
        private int next;

        public IdEntry Entry { get; private set; }

        public ulong Hash { get; private set; }

        public bool MoveNext()
        {
            if (next == count && !TakeStretch()) return false;
            (Hash, Entry) = stretch[next++];
            return true;
        }

        // No id lies outside the unbroken stretch of filled slots that its hash points into: sorting stretch by stretch
        // sorts all.
        private bool TakeStretch()
        {
            (next, count) = (0, 0);
            var slots = table.slots;
            while (slot < slots.Length && slots[slot].Value == 0) slot++;
            for (; slot < slots.Length && slots[slot].Value != 0; slot++)
            {
                ref readonly var filled = ref slots[slot];
                if (count == stretch.Length) Array.Resize(ref stretch, 2 * count);
                var hash = table.hasher.Of(filled.Id);
                var rank = count++;
                for (; rank > 0 && stretch[rank - 1].Hash > hash; rank--) stretch[rank] = stretch[rank - 1];
                stretch[rank] = (hash, new IdEntry(filled.Id, filled.Value - 1));
            }
            return count > 0;
        }
    }

    private struct Slot
    {
        public TransactionId Id;
        // One more than the id's value; 0 where there is none.
        public long Value;
    }
}
