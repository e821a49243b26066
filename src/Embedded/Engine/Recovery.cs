using OrleansWallet.Embedded.Index;
using OrleansWallet.Embedded.Journal;
using OrleansWallet.Embedded.Snapshots;
using OrleansWallet.Embedded.Storage;
using OrleansWallet.Ledger;

namespace OrleansWallet.Embedded.Engine;

/// <summary>Finds the ledger in its directory: newest good snapshot, then the rest of the journal.</summary>
internal static class Recovery
{
    private const int RecordsAhead = 12;

    /// <summary>Reads who the ledger is, or makes a new one in an empty directory.</summary>
    /// <exception cref="DataDirectoryException">The directory holds something else.</exception>
    public static LedgerIdentity FindOrCreate(IStorage storage, TimeProvider time, NoticeSink notice)
    {
        if (LedgerIdentity.Read(storage) is { } found) return found;
        foreach (var path in LeftByCreation(storage)) storage.Delete(path);
        var identity = new LedgerIdentity(Guid.NewGuid(), time.GetUtcNow());
        JournalFiles.Create(storage, identity.Id);
        IndexRuns.Create(storage, identity.Id);
        SnapshotFiles.Create(storage);
        identity.Write(storage);
        notice(NoticeLevel.Information, $"Made a new ledger in {storage.Root}.");
        return identity;
    }

    /// <summary>
    /// Looks whether a directory is a ledger's or free to become one, and changes nothing there. What is found may
    /// change until the directory is locked, so <see cref="FindOrCreate"/> looks again.
    /// </summary>
    /// <exception cref="DataDirectoryException">The directory holds something else.</exception>
    public static void Look(IStorage storage)
    {
        if (LedgerIdentity.Read(storage) is not null) return;
        try
        {
            _ = LeftByCreation(storage);
        }
        catch (DataDirectoryException) when (LedgerIdentity.Read(storage) is not null)
        {
            // Another process was making its ledger there; now it is one, and its lock will be met.
        }
    }

    /// <summary>
    /// Deletes what earlier runs left unfinished: files of our own names only. Whatever else somebody put into the
    /// directory is no business of ours.
    /// </summary>
    public static void DeleteUnfinished(IStorage storage, NoticeSink notice)
    {
        var unfinished = new[] { "", JournalFiles.Directory, IndexRun.Directory, SnapshotFiles.Directory }.SelectMany(
            directory => storage.List(directory)
                .Where(name => SealedFile.FinalNameOf(name) is { } final && IsOurs(directory, final))
                .Select(name => SealedFile.Join(directory, name)));
        foreach (var path in unfinished.ToArray())
        {
            storage.Delete(path);
            notice(
                NoticeLevel.Information,
                $"Deleted {Path.Combine(storage.Root, path)}, which an earlier run left unfinished.");
        }
    }

    /// <summary>
    /// Opens the index; a damaged one is made anew from the journal, which takes a whole replay. What its manifest
    /// knows of the journal is kept in mind either way.
    /// </summary>
    /// <exception cref="DataDirectoryException">The index knows of events that the journal lost.</exception>
    public static IndexRuns OpenIndex(
        IStorage storage, Guid ledgerId, EmbeddedOptions options, JournalFiles journal, KnownPoints known,
        NoticeSink notice)
    {
        if (IndexManifest.TryReadCovered(storage, ledgerId) is { } covered)
        {
            // Before a damaged index is made anew: its manifest may be the last that knows how far the journal went.
            if (covered.Place > journal.EndPlace)
                throw new DataDirectoryException(
                    $"The journal ends at place {journal.EndPlace}, but the index in "
                    + $"{Path.Combine(storage.Root, IndexRun.Directory)} knows transactions up to place "
                    + $"{covered.Place}, event {covered.NextSequence - 1}: recorded events are missing. The journal "
                    + "was not changed; put its last segment back from a backup.");
            known.Add(covered, IndexRun.Directory);
        }
        try
        {
            return IndexRuns.Open(storage, ledgerId, options, notice);
        }
        catch (InvalidDataException e)
        {
            notice(
                NoticeLevel.Warning, $"The index of transaction ids is made anew from the journal: {e.Message}");
            IndexRuns.Create(storage, ledgerId);
            return IndexRuns.Open(storage, ledgerId, options, notice);
        }
    }

    /// <summary>Brings the state and the index up to the journal's end, and cuts an unfinished write off.</summary>
    /// <exception cref="DataDirectoryException">The journal is damaged, or lost events.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled between two batches.</exception>
    public static RecoveredLedger Recover(
        IndexRuns runs, JournalFiles journal, SnapshotFiles snapshots, Archivist archivist, EmbeddedOptions options,
        KnownPoints known, NoticeSink notice, CancellationToken cancel)
    {
        // What a killed process wrote and named may still be in the system's cache only; it is shown from now on.
        journal.SyncNames();
        journal.Sync();
        var reader = new RecordReader(journal);
        var index = new TransactionIndex(runs, options, reader);
        var snapshot = snapshots.LoadNewest(index, journal.EndPlace, notice);
        var partition = snapshot?.Partition ?? new Partition(index);
        var from = snapshot?.Point ?? JournalPoint.Origin;
        var covered = runs.Covered;

        var last = covered.Place < from.Place ? covered : from;
        var beforeLast = last;
        if (snapshot is not null) known.Add(from, SnapshotFiles.Directory);
        foreach (var segment in journal.Segments.Select(segment => segment.Header))
            known.Add(
                new JournalPoint(segment.BasePlace, segment.FirstSequence, segment.Chain),
                SealedFile.Join(JournalFiles.Directory, segment.FileName));
        known.Begin(last);
        known.Pass(last);
        var end = new JournalScan(journal).Run(last, batch =>
        {
            // A replay may take minutes, and an index made anew longer; whoever stops the wallet must not wait so long.
            cancel.ThrowIfCancellationRequested();
            // The batch that follows shows that all before it was durable; of the last one nothing shows it yet.
            if (index.SetAsideIfFull() is { } table) archivist.Flush(table, last);
            Replay(batch, partition, stateFrom: from.Place, index, idsFrom: covered.Place, journal);
            known.Pass(batch.After);
            (beforeLast, last) = (last, batch.After);
        });
        known.Finish(end.End);
        if (end.UnfinishedBytes > 0)
        {
            notice(
                NoticeLevel.Warning, $"Cut {end.UnfinishedBytes} bytes of an unfinished write off at "
                + $"{journal.Locate(end.End.Place)}. It was never acknowledged to anybody.");
            journal.CutTail(end.End.Place);
        }
        journal.WriteAgain(beforeLast.Place, end.End.Place);
        if (!journal.NewestIsKnown)
            notice(
                NoticeLevel.Warning, $"Made {journal.PathOf(NewestSegment.Name)}: from now on a start notices if the "
                + "journal's last segment is missing.");
        journal.RecordNewest();
        return new RecoveredLedger(partition, index, reader, end.End, snapshot is null ? 0 : from.NextSequence - 1);
    }

    private static void Replay(
        ScannedBatch batch, Partition partition, long stateFrom, TransactionIndex index, long idsFrom,
        JournalFiles journal)
    {
        var records = batch.Records;
        // The state is far larger than the processor's caches, so what a record needs is fetched some records ahead.
        var ahead = 0;
        for (var i = 0; i < RecordsAhead; i++) Prefetch(records, ref ahead, partition, index);
        for (var offset = 0; offset < records.Length;)
        {
            Prefetch(records, ref ahead, partition, index);
            ReadOnlySpan<byte> record = records.Slice(offset, Records.As<RecordHeader>(records[offset..]).Length);
            var place = batch.FirstRecordPlace + offset;
            try
            {
                if (place >= stateFrom) partition.Apply(record, place);
            }
            catch (DamagedRecordException e)
            {
                throw new DataDirectoryException(
                    $"The journal is damaged at {journal.Locate(place)} (place {place}): {e.Message} The journal "
                    + "was not changed; put the file back from a backup.", e);
            }
            if (place >= idsFrom && Records.TransactionIdOf(record) is { } id) index.Remember(id, place);
            offset += record.Length;
        }
    }

    private static void Prefetch(
        ReadOnlySpan<byte> records, ref int offset, Partition partition, TransactionIndex index)
    {
        if (offset >= records.Length) return;
        ref readonly var header = ref Records.As<RecordHeader>(records[offset..]);
        if (header.Kind == RecordKind.TransferSucceeded)
        {
            ref readonly var transfer = ref Records.As<TransferRecord>(records[offset..]);
            partition.Accounts.Prefetch(transfer.From);
            partition.Accounts.Prefetch(transfer.To);
            index.PrefetchToRemember(new TransactionId(transfer.Id));
        }
        offset += header.Length;
    }

    private static bool IsOurs(string directory, string name) => directory switch
    {
        "" => name is LedgerIdentity.Name or NewestSegment.Name,
        JournalFiles.Directory => SegmentHeader.IsFileName(name, out _),
        IndexRun.Directory => name == IndexManifest.Name || IndexRun.IsFileName(name),
        SnapshotFiles.Directory => SnapshotHeader.IsFileName(name),
        _ => throw new System.Diagnostics.UnreachableException(directory),
    };

    // A directory without an identity is free if there is nothing in it, or only what an unfinished creation left:
    // that has no event in it yet.
    private static string[] LeftByCreation(IStorage storage)
    {
        string[] ours = [JournalFiles.Directory, IndexRun.Directory, SnapshotFiles.Directory];
        var left = ours.Append("").SelectMany(directory => storage.List(directory)
            .Where(name => directory.Length > 0 || !ours.Contains(name))
            .Select(name => SealedFile.Join(directory, name))).ToArray();
        var strange = left.FirstOrDefault(path => !IsLeftByCreation(storage, path));
        if (strange is not null)
            throw new DataDirectoryException(
                $"{storage.Root} is not empty and has no {LedgerIdentity.Name} file, so it is no wallet's data "
                + $"directory or lost that file (found: {strange}). Choose an empty directory with "
                + "--Wallet:DataDirectory, or put the file back from a backup.");
        return left;
    }

    private static bool IsLeftByCreation(IStorage storage, string path)
    {
        var isUnfinished = SealedFile.FinalNameOf(path) is not null;
        var whole = SealedFile.FinalNameOf(path) ?? path;
        string[] made =
        [
            LedgerIdentity.Name, NewestSegment.Name, JournalFiles.FirstPath,
            SealedFile.Join(IndexRun.Directory, IndexManifest.Name),
        ];
        if (!made.Contains(whole)) return false;
        if (isUnfinished) return true;
        // The newest segment is recorded after the first is made: alone it is what is left of a lost journal.
        if (whole == NewestSegment.Name && !storage.List(JournalFiles.Directory).Contains(JournalFiles.FirstName))
            return false;
        try
        {
            // Whole files are ours by what they begin with too; a first segment with more than its header has events.
            using var file = storage.Open(path, write: false);
            Span<byte> bytes = stackalloc byte[SegmentHeader.Bytes + 1];
            var read = file.Read(bytes, 0);
            return bytes.StartsWith("OWALLET"u8) && (whole != JournalFiles.FirstPath || read <= SegmentHeader.Bytes);
        }
        catch (FileNotFoundException)
        {
            return true;
        }
    }
}
