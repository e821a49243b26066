using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace OrleansWallet.Ledger;

/// <summary>
/// One account as a partition holds it, 64 bytes, one cache line: its state, when it last changed, and where its
/// records lie: the newest, and the newest whose version is a multiple of 64, 4,096 and 262,144.
/// </summary>
[StructLayout(LayoutKind.Sequential)]
public struct AccountSlot
{
    /// <summary>The domain's state.</summary>
    public Account Account;
    /// <summary>When its newest event was recorded, in microseconds.</summary>
    public long UpdatedAtMicros;
    /// <summary>Where its newest record lies.</summary>
    public long Newest;
    /// <summary>Where the newest record with a version that is a multiple of 64 lies.</summary>
    public long Newest64;
    /// <summary>The same for multiples of 4,096.</summary>
    public long Newest4096;
    /// <summary>The same for multiples of 262,144.</summary>
    public long Newest262144;

    /// <summary>Ties a record that opens the account in.</summary>
    public void LinkOpening(long place) => Newest = Newest64 = Newest4096 = Newest262144 = place;

    /// <summary>Ties a record in that is no entry, and says what its side must hold.</summary>
    public (long Previous, long Skip) LinkStatus(long place)
    {
        var link = (Newest, Newest64);
        Newest = place;
        return link;
    }

    /// <summary>
    /// Ties an entry in and says what its side must hold. The account's version counts it already. From any record,
    /// following Skip while it doesn't lead too far back, and Previous where it does, finds one of n entries after
    /// at most n/262,144 + about 400 steps; each freeze among the 64 entries around it adds one.
    /// </summary>
    public (long Previous, long Skip) LinkEntry(long place)
    {
        var previous = Newest;
        Newest = place;
        var skip = Newest64;
        if (Account.Version % 64 != 0) return (previous, skip);
        Newest64 = place;
        if (Account.Version % 4096 != 0) return (previous, skip);
        skip = Newest4096;
        Newest4096 = place;
        if (Account.Version % 262144 != 0) return (previous, skip);
        skip = Newest262144;
        Newest262144 = place;
        return (previous, skip);
    }
}

/// <summary>
/// The accounts by their numbers, in chunks, so that growing never copies. One thread. A consistent image is captured
/// while the accounts go on changing: a page is copied before its first change, or in small portions in between.
/// </summary>
public sealed class AccountTable
{
    private const int ChunkBits = 14;
    private const int ChunkSlots = 1 << ChunkBits;
    private const int PageBits = 6;
    private const int PageSlots = 1 << PageBits;

    private readonly List<AccountSlot[]> chunkList = [];
    private AccountSlot[][] chunks = [];
    private Capture? capture;

    /// <summary>How many accounts there are.</summary>
    public int Count { get; private set; }

    /// <summary>An account, to read.</summary>
    public ref readonly AccountSlot this[int number] => ref chunks[number >> ChunkBits][number & (ChunkSlots - 1)];

    /// <summary>An account, to change.</summary>
    public ref AccountSlot Change(int number)
    {
        capture?.SavePage(number >> PageBits);
        return ref chunks[number >> ChunkBits][number & (ChunkSlots - 1)];
    }

    /// <summary>Asks the processor to have an account at hand soon.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public unsafe void Prefetch(int number)
    {
        if ((uint)number >= (uint)Count || !System.Runtime.Intrinsics.X86.Sse.IsSupported) return;
        fixed (AccountSlot* slot = &chunks[number >> ChunkBits][number & (ChunkSlots - 1)])
            System.Runtime.Intrinsics.X86.Sse.Prefetch0(slot);
    }

    /// <summary>Adds an account.</summary>
    public void Add(in AccountSlot slot)
    {
        if (Count >> ChunkBits == chunks.Length)
        {
            chunkList.Add(GC.AllocateArray<AccountSlot>(ChunkSlots, pinned: true));
            chunks = [.. chunkList];
        }
        chunks[Count >> ChunkBits][Count & (ChunkSlots - 1)] = slot;
        Count++;
    }

    /// <summary>Begins to capture all accounts as they are now. One capture at a time.</summary>
    public Capture BeginCapture()
    {
        if (capture is not null) throw new InvalidOperationException("A capture is under way.");
        return capture = new Capture(this);
    }

    /// <summary>An image of all accounts at the moment it was begun.</summary>
    public sealed class Capture
    {
        private readonly AccountTable table;
        private readonly AccountSlot[][] copies;
        private readonly bool[] saved;
        private int nextPage;

        internal Capture(AccountTable table)
        {
            this.table = table;
            Count = table.Count;
            saved = new bool[(Count + PageSlots - 1) >> PageBits];
            copies = new AccountSlot[(Count + ChunkSlots - 1) >> ChunkBits][];
        }

        /// <summary>How many accounts there were.</summary>
        public int Count { get; }

        /// <summary>Whether every account is in it; then any one thread may read it.</summary>
        public bool IsComplete { get; private set; }

        /// <summary>Copies up to so many pages of 64 accounts that have not been copied. True when all are.</summary>
        public bool CopySome(int pages)
        {
            for (; nextPage < saved.Length && pages > 0; nextPage++)
            {
                if (saved[nextPage]) continue;
                SavePage(nextPage);
                pages--;
            }
            if (nextPage < saved.Length) return false;
            if (!IsComplete) table.capture = null;
            IsComplete = true;
            return true;
        }

        /// <summary>The accounts as bytes, chunk by chunk.</summary>
        public IEnumerable<ReadOnlyMemory<AccountSlot>> Chunks()
        {
            if (!IsComplete) throw new InvalidOperationException("The capture is not complete.");
            for (var i = 0; i < copies.Length; i++)
                yield return copies[i].AsMemory(0, Math.Min(ChunkSlots, Count - (i << ChunkBits)));
        }

        internal void SavePage(int page)
        {
            if (page >= saved.Length || saved[page]) return;
            saved[page] = true;
            var first = page << PageBits;
            var chunk = first >> ChunkBits;
            var copy = copies[chunk] ??= GC.AllocateUninitializedArray<AccountSlot>(ChunkSlots);
            var offset = first & (ChunkSlots - 1);
            table.chunks[chunk].AsSpan(offset, PageSlots).CopyTo(copy.AsSpan(offset));
        }
    }
}
