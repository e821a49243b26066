using System.Runtime.InteropServices;
using OrleansWallet.Embedded.Index;
using OrleansWallet.Embedded.Journal;
using OrleansWallet.Embedded.Storage;
using OrleansWallet.Ledger;

namespace OrleansWallet.Embedded.Audit;

/// <summary>
/// Compares the index of transaction ids with the journal: that it holds exactly the ids that its manifest says are
/// covered, each with its place, in order, behind a filter that knows it.
/// </summary>
/// <remarks>
/// Two sets of any size are equal if the sums of a keyed 128-bit mix of their members are; the key is new in each
/// run. So nothing needs to be sorted or held, and only a difference costs a search for its place.
/// </remarks>
internal sealed class IndexAudit : IDisposable
{
    private const int OpenAttemptsMax = 10;
    private const string WhatToDo =
        "The index can be made anew: delete the file MANIFEST in that directory while the wallet is stopped, and the "
        + "next start makes it from the journal.";

    private readonly IStorage storage;
    private readonly Action<AuditFault> report;
    private readonly List<IndexRun> runs = [];
    private readonly Guid setKey = Guid.NewGuid();
    private readonly SetSum journalSum;
    private JournalPoint? covered;
    private bool coveredSeen;

    /// <summary>
    /// Opens the files that the manifest names. This comes before the journal is opened: what the index knows was in
    /// the journal when the manifest was written.
    /// </summary>
    public IndexAudit(IStorage storage, Guid ledgerId, Action<AuditFault> report)
    {
        this.storage = storage;
        this.report = report;
        journalSum = new SetSum(setKey);
        Hash = new IdHash(setKey);
        try
        {
            Open(ledgerId);
        }
        catch (InvalidDataException e)
        {
            Close();
            Report(e.Message);
        }
    }

    /// <summary>The hash of this ledger's index, or another one where there is no index to compare with.</summary>
    public IdHash Hash { get; private set; }

    /// <summary>How many ids the index holds.</summary>
    public long Ids => runs.Sum(run => run.Count);

    /// <summary>The place before which every id is in the index.</summary>
    public long CoveredPlace => covered?.Place ?? 0;

    /// <summary>Takes note of an id recorded before <see cref="CoveredPlace"/>.</summary>
    public void Note(ulong hash, long place) => journalSum.Add(hash, place);

    /// <summary>Compares the covered point with the journal's, if it is this one.</summary>
    public void Visit(JournalPoint point)
    {
        if (covered is null || coveredSeen || point.Place < covered.Place) return;
        coveredSeen = true;
        if (covered.Place != point.Place || covered.NextSequence != point.NextSequence
            || !covered.Chain.AsSpan().SequenceEqual(point.Chain))
            Report($"{DirectoryPath} says that it covers the journal up to place {covered.Place}, event "
                + $"{covered.NextSequence - 1}, which is not a point of this journal.");
    }

    /// <summary>Compares the index with the journal, all of which was visited.</summary>
    public void Finish(JournalFiles journal, JournalPoint end, CancellationToken cancel)
    {
        if (covered is null) return;
        if (!coveredSeen)
        {
            report(new AuditFault(AuditSubject.Journal,
                $"The journal ends after event {end.NextSequence - 1} at {journal.Locate(end.Place)}, but the index in "
                + $"{DirectoryPath} knows transactions up to event {covered.NextSequence - 1}: recorded events are "
                + "missing. Put the journal's last segment back from a backup."));
            return;
        }
        try
        {
            var indexSum = new SetSum(setKey);
            foreach (var run in runs) CheckRun(run, indexSum, cancel);
            if (!indexSum.Equals(journalSum)) Report(FindDifference(journal, cancel));
        }
        catch (InvalidDataException e)
        {
            Report(e.Message);
        }
    }

    public void Dispose() => Close();

    private string DirectoryPath => Path.Combine(storage.Root, IndexRun.Directory);

    // A running wallet merges files and deletes the old ones: then there is a newer manifest to go by.
    private void Open(Guid ledgerId)
    {
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                var manifest = IndexManifest.Read(storage, ledgerId)
                    ?? throw new InvalidDataException($"{DirectoryPath} has no file MANIFEST.");
                foreach (var id in manifest.RunIds)
                    runs.Add(IndexRun.Open(storage, ledgerId, id, filterBytesMax: -1));
                covered = manifest.Covered;
                Hash = new IdHash(manifest.HashKey);
                return;
            }
            catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
            {
                Close();
                if (attempt == OpenAttemptsMax) throw new InvalidDataException(e.Message, e);
            }
        }
    }

    private static void CheckRun(IndexRun run, SetSum sum, CancellationToken cancel)
    {
        var filter = run.LoadFilter();
        var buffer = new byte[IndexRun.PageBytes];
        var count = 0L;
        var last = 0UL;
        for (var page = 0; page < run.Pages; page++)
        {
            cancel.ThrowIfCancellationRequested();
            var entries = run.ReadPage(page, buffer);
            foreach (ref readonly var entry in entries)
            {
                if (entry.Hash < last) throw new InvalidDataException($"{run.FilePath} is out of order in page "
                    + $"{page}.");
                if (!filter.MayContain(entry.Hash, IdFilter.MaskOf(entry.Hash)))
                    throw new InvalidDataException($"{run.FilePath} has an id in page {page} that its filter denies.");
                last = entry.Hash;
                sum.Add(entry.Hash, entry.Place);
            }
            count += entries.Length;
        }
        if (count != run.Count)
            throw new InvalidDataException($"{run.FilePath} has {count} ids, and {run.Count} in its header.");
    }

    private string FindDifference(JournalFiles journal, CancellationToken cancel) =>
        FindWrongEntry(journal, cancel) ?? FindMissing(journal, cancel)
        ?? $"{DirectoryPath} has an id of the journal more than once.";

    // An entry whose record isn't there or is another transfer's.
    private string? FindWrongEntry(JournalFiles journal, CancellationToken cancel)
    {
        var buffer = new byte[IndexRun.PageBytes];
        var recordBuffer = new byte[Records.LengthMax];
        foreach (var run in runs)
        {
            for (var page = 0; page < run.Pages; page++)
            {
                cancel.ThrowIfCancellationRequested();
                foreach (var entry in run.ReadPage(page, buffer))
                {
                    if (entry.Place < CoveredPlace && journal.TryReadRecord(entry.Place, recordBuffer, out var record)
                        && Records.TransactionIdOf(record) is { } id && Hash.Of(id) == entry.Hash)
                        continue;
                    return $"{run.FilePath} has in page {page} an id at place {entry.Place}, where the journal has "
                        + "not recorded it.";
                }
            }
        }
        return null;
    }

    private string? FindMissing(JournalFiles journal, CancellationToken cancel)
    {
        string? missing = null;
        var page = new byte[IndexRun.PageBytes];
        var places = new List<long>();
        new JournalScan(journal).Run(JournalPoint.Origin, batch =>
        {
            cancel.ThrowIfCancellationRequested();
            if (batch.Place >= CoveredPlace) return false;
            var records = batch.Records;
            for (var offset = 0; offset < records.Length && missing is null;)
            {
                ReadOnlySpan<byte> record =
                    records.Slice(offset, Records.As<RecordHeader>(records[offset..]).Length);
                var place = batch.FirstRecordPlace + offset;
                offset += record.Length;
                if (Records.TransactionIdOf(record) is not { } id) continue;
                places.Clear();
                foreach (var run in runs) run.Find(Hash.Of(id), page, places);
                if (!places.Contains(place))
                    missing = $"{DirectoryPath} does not have the transaction {id}, event "
                        + $"{Records.As<RecordHeader>(record).Sequence} at {journal.Locate(place)}.";
            }
            return missing is null;
        });
        return missing;
    }

    private void Report(string fault) =>
        report(new AuditFault(AuditSubject.Index, $"The index of transaction ids is damaged: {fault} {WhatToDo}"));

    private void Close()
    {
        runs.ForEach(run => run.Dispose());
        runs.Clear();
    }

    /// <summary>A number for a set of entries that doesn't depend on their order.</summary>
    private sealed class SetSum(Guid key)
    {
        private readonly ulong low = MemoryMarshal.Cast<Guid, ulong>([key])[0];
        private readonly ulong high = MemoryMarshal.Cast<Guid, ulong>([key])[1] | 1;
        private ulong first;
        private ulong second;

        public void Add(ulong hash, long place)
        {
            var upper = Math.BigMul(hash ^ low, (ulong)place * high ^ 0x9E3779B97F4A7C15, out var lower);
            upper = Math.BigMul(upper ^ lower ^ high, hash + high, out lower);
            first += upper;
            second += lower;
        }

        public bool Equals(SetSum other) => first == other.first && second == other.second;
    }
}
