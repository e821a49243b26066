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
/// while the accounts go on changing: an account is copied before its first change, or in portions in between.
/// </summary>
public sealed class AccountTable
{
    private const int ChunkBits = 14;
    private const int ChunkSlots = 1 << ChunkBits;

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
        capture?.Save(number);
        return ref chunks[number >> ChunkBits][number & (ChunkSlots - 1)];
    }

    /// <summary>Asks the processor to have an account at hand soon.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public unsafe void Prefetch(int number)
    {
        if ((uint)number >= (uint)Count || !System.Runtime.Intrinsics.X86.Sse.IsSupported) return;
        fixed (AccountSlot* slot = &chunks[number >> ChunkBits][number & (ChunkSlots - 1)])
        {
            // As large as a cache line, but an array doesn't begin where one does.
            System.Runtime.Intrinsics.X86.Sse.Prefetch0(slot);
            System.Runtime.Intrinsics.X86.Sse.Prefetch0((byte*)slot + sizeof(AccountSlot) - 1);
        }
    }

    /// <summary>Adds an account.</summary>
    public void Add(in AccountSlot slot)
    {
        if (Count >> ChunkBits == chunks.Length)
        {
            // Not cleared: memory that no account needs yet is never touched, and each is written before it is read.
            chunkList.Add(GC.AllocateUninitializedArray<AccountSlot>(ChunkSlots, pinned: true));
            chunks = [.. chunkList];
        }
        chunks[Count >> ChunkBits][Count & (ChunkSlots - 1)] = slot;
        Count++;
    }

    /// <summary>Begins to capture all accounts as they are now. One capture at a time.</summary>
    public Capture BeginCapture() => BeginCapture(CaptureMemory.None);

    /// <summary>The same, in memory that was prepared for about as many accounts.</summary>
    public Capture BeginCapture(CaptureMemory memory)
    {
        if (capture is not null) throw new InvalidOperationException("A capture is under way.");
        return capture = new Capture(this, memory);
    }

    /// <summary>An image of all accounts at the moment it was begun.</summary>
    public sealed class Capture
    {
        private readonly AccountTable table;
        private readonly AccountSlot[]?[] copies;
        private readonly bool[] saved;
        private int next;

        internal Capture(AccountTable table, CaptureMemory memory)
        {
            this.table = table;
            Count = table.Count;
            (copies, saved) = memory.Take(Count);
        }

        /// <summary>How many accounts there were.</summary>
        public int Count { get; }

        /// <summary>Whether every account is in it; then any one thread may read it.</summary>
        public bool IsComplete { get; private set; }

        /// <summary>Copies up to so many accounts that have not been copied. True when all are.</summary>
        public bool CopySome(int accounts)
        {
            for (; next < Count && accounts > 0; next++)
            {
                if (saved[next]) continue;
                Save(next);
                accounts--;
            }
            if (next < Count) return false;
            if (!IsComplete) table.capture = null;
            IsComplete = true;
            return true;
        }

        /// <summary>The accounts as bytes, chunk by chunk.</summary>
        public IEnumerable<ReadOnlyMemory<AccountSlot>> Chunks()
        {
            if (!IsComplete) throw new InvalidOperationException("The capture is not complete.");
            for (var first = 0; first < Count; first += ChunkSlots)
                yield return copies[first >> ChunkBits].AsMemory(0, Math.Min(ChunkSlots, Count - first));
        }

        internal void Save(int number)
        {
            if (number >= Count || saved[number]) return;
            saved[number] = true;
            var copy = copies[number >> ChunkBits] ??= GC.AllocateUninitializedArray<AccountSlot>(
                Math.Min(ChunkSlots, Count - (number & -ChunkSlots)));
            copy[number & (ChunkSlots - 1)] = table[number];
        }
    }

    /// <summary>
    /// Memory for a capture. The system gives memory out page by page when it is first written, which takes far longer
    /// than copying an account: so another thread writes all of it before the capture begins.
    /// </summary>
    public sealed class CaptureMemory
    {
        private readonly AccountSlot[]?[] chunks;
        private readonly bool[] saved;

        private CaptureMemory(AccountSlot[]?[] chunks, bool[] saved)
        {
            this.chunks = chunks;
            this.saved = saved;
        }

        /// <summary>Nothing prepared: the capture takes memory as it goes.</summary>
        public static CaptureMemory None => new([], []);

        /// <summary>Prepares memory for a capture of so many accounts. Any thread; it is for one capture.</summary>
        public static CaptureMemory Prepare(int accounts)
        {
            var chunks = new AccountSlot[(accounts + ChunkSlots - 1) >> ChunkBits][];
            for (var i = 0; i < chunks.Length; i++)
            {
                chunks[i] = GC.AllocateUninitializedArray<AccountSlot>(ChunkSlots);
                chunks[i].AsSpan().Clear();
            }
            // Room for accounts that are opened before the capture begins.
            var saved = GC.AllocateUninitializedArray<bool>(chunks.Length << ChunkBits);
            saved.AsSpan().Clear();
            return new CaptureMemory(chunks, saved);
        }

        internal (AccountSlot[]?[] Chunks, bool[] Saved) Take(int accounts)
        {
            if (accounts <= saved.Length) return (chunks, saved);
            var more = new AccountSlot[(accounts + ChunkSlots - 1) >> ChunkBits][];
            chunks.CopyTo(more, 0);
            return (more, new bool[accounts]);
        }
    }
}
