using OrleansWallet.Ledger;

namespace OrleansWallet.Embedded.Index;

/// <summary>Reads records back, durable or not yet.</summary>
internal interface IRecordReader
{
    /// <summary>Copies the record at a place. False if there is none that is whole.</summary>
    bool TryRead(long place, Span<byte> destination, out int length);
}

/// <summary>
/// Every transaction id ever recorded: the newest in a table in memory, the others in files on disk, ordered by hash,
/// with filters in memory. All of it can be made anew from the journal.
/// </summary>
/// <remarks>
/// One thread, the ledger's, finds and remembers. When the table is full it is set aside (still searched) and another
/// takes its place; <see cref="IndexRuns.Flush"/>, on a thread of its own, writes it to a file. What is published
/// there the ledger's thread takes up between batches.
/// </remarks>
internal sealed class TransactionIndex : IRecordedTransfers, IDisposable
{
    private readonly IdHash hasher;
    private readonly int recentMax;
    private readonly IRecordReader records;
    private readonly byte[] page = new byte[IndexRun.PageBytes];
    private readonly List<long> candidates = [];
    private RecentIds active;
    private bool hasSpare;
    private RecentIds? setAside;
    private IndexRuns.Published adopted;

    public TransactionIndex(IndexRuns runs, EmbeddedOptions options, IRecordReader records)
    {
        Runs = runs;
        this.records = records;
        recentMax = options.RecentTransactionsMax;
        hasher = new IdHash(runs.HashKey);
        active = new RecentIds(recentMax);
        adopted = runs.Current;
    }

    /// <summary>The part on disk.</summary>
    public IndexRuns Runs { get; }

    public void Prefetch(TransactionId id)
    {
        var hash = hasher.Of(id);
        active.Prefetch(hash);
        setAside?.Prefetch(hash);
        foreach (var run in adopted.Runs) run.Filter?.Prefetch(hash);
    }

    /// <summary>Says that an id known to be new will be remembered soon.</summary>
    public void PrefetchToRemember(TransactionId id) => active.Prefetch(hasher.Of(id));

    public bool TryFind(TransactionId id, Span<byte> destination, out int length)
    {
        var hash = hasher.Of(id);
        if (TryFind(active, hash, id, destination, out length)) return true;
        if (setAside is not null && TryFind(setAside, hash, id, destination, out length)) return true;
        var mask = IdFilter.MaskOf(hash);
        foreach (var run in adopted.Runs)
            if (run.Filter?.MayContain(hash, mask) != false && TryFind(run, hash, id, destination, out length))
                return true;
        return false;
    }

    public void Remember(TransactionId id, long place) => active.Add(hasher.Of(id), place);

    /// <summary>
    /// Between batches: takes up what was published, and sets the table aside if it is full. The table returned must
    /// go to <see cref="IndexRuns.Flush"/> with the journal's point here, once that is durable. Waits where the table
    /// before is still being written.
    /// </summary>
    public RecentIds? SetAsideIfFull()
    {
        Adopt();
        if (!hasSpare && active.Count >= recentMax / 4)
        {
            // A small ledger never needs the second table. It is made in time, by another thread: the system takes
            // longer to give the memory out than the ledger's thread may wait.
            hasSpare = true;
            Runs.GiveBack(() => new RecentIds(recentMax));
        }
        return active.Count < recentMax ? null : SetAside(Runs.TakeCleared);
    }

    /// <summary>Sets the table aside, full or not; no id is remembered after this. Null if it has none.</summary>
    public RecentIds? SetAsideAtEnd()
    {
        Adopt();
        return active.Count == 0 ? null : SetAside(() => new RecentIds(1));
    }

    public void Dispose() => Runs.Dispose();

    private RecentIds SetAside(Func<RecentIds> next)
    {
        while (setAside is not null)
        {
            Runs.WaitForNewsAfter(adopted);
            Adopt();
        }
        var full = setAside = active;
        active = next();
        return full;
    }

    private void Adopt()
    {
        if (ReferenceEquals(Runs.Current, adopted)) return;
        // Taken before the news is read: none of them is in it.
        var retired = Runs.TakeRetired();
        var news = Runs.Current;
        retired.ForEach(run => run.Dispose());
        if (news.Flushes > adopted.Flushes && setAside is { } table)
        {
            setAside = null;
            Runs.GiveBack(() => table);
        }
        adopted = news;
    }

    private bool TryFind(RecentIds table, ulong hash, TransactionId id, Span<byte> destination, out int length)
    {
        var cursor = -1;
        while (table.Next(hash, ref cursor) is var place and not 0)
            if (IsRecordOf(id, place, destination, out length)) return true;
        length = 0;
        return false;
    }

    private bool TryFind(IndexRun run, ulong hash, TransactionId id, Span<byte> destination, out int length)
    {
        candidates.Clear();
        run.Find(hash, page, candidates);
        foreach (var place in candidates)
            if (IsRecordOf(id, place, destination, out length)) return true;
        length = 0;
        return false;
    }

    private bool IsRecordOf(TransactionId id, long place, Span<byte> destination, out int length)
    {
        if (!records.TryRead(place, destination, out length))
            throw new InvalidDataException($"The journal has no whole record at place {place}, but the index says so.");
        ReadOnlySpan<byte> record = destination[..length];
        return Records.As<RecordHeader>(record).Kind switch
        {
            RecordKind.TransferSucceeded => Records.As<TransferRecord>(record).Id == id.Value,
            RecordKind.TransferRefused => Records.As<RefusalRecord>(record).Id == id.Value,
            var kind => throw new InvalidDataException(
                $"The index has a transfer at place {place}, but it is a {kind}."),
        };
    }
}
