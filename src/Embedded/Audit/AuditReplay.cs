using OrleansWallet.Embedded.Journal;
using OrleansWallet.Ledger;

namespace OrleansWallet.Embedded.Audit;

/// <summary>One audit's way through the journal: each batch, each record, and what must hold at the end.</summary>
internal sealed class AuditReplay : IDisposable
{
    // As many records ahead as the processor needs to have their accounts at hand when their turn comes.
    private const int PrefetchDistance = 12;
    private const int RecordBytesMin = 56;

    private readonly JournalFiles journal;
    private readonly SnapshotAudit snapshots;
    private readonly IndexAudit index;
    private readonly IdHash hash;
    private readonly IdBuckets? buckets;
    private readonly Action<AuditProgress>? progress;
    private readonly CancellationToken cancel;
    private readonly Partition state = new(new NothingRemembered());
    private JournalPoint point = JournalPoint.Origin;
    private int nextSegment;
    private long refusals;

    public AuditReplay(
        JournalFiles journal, SnapshotAudit snapshots, IndexAudit index, AuditOptions options,
        Action<AuditProgress>? progress, CancellationToken cancel)
    {
        this.journal = journal;
        this.snapshots = snapshots;
        this.index = index;
        this.progress = progress;
        this.cancel = cancel;
        hash = index.Hash;
        if (options.ChecksUniqueness)
            buckets = new IdBuckets(
                journal.EndPlace / RecordBytesMin, options.UniquenessBufferBytes, options.TemporaryDirectory);
    }

    /// <summary>Replays, checks, and adds what is wrong to the faults found before.</summary>
    public AuditReport Run(Guid ledgerId, List<AuditFault> faults)
    {
        var unfinished = 0L;
        try
        {
            VisitPoint();
            unfinished = new JournalScan(journal).Run(JournalPoint.Origin, Visit).UnfinishedBytes;
            CheckSums();
            CheckUniqueness();
            snapshots.Finish(point, journal.Locate);
            index.Finish(journal, point, cancel);
        }
        catch (DataDirectoryException e)
        {
            // What comes after a damaged place follows from nothing, so the audit ends there.
            faults.Insert(0, new AuditFault(AuditSubject.Journal, e.Message));
        }
        var ledger = new LedgerView(
            point.NextSequence - 1, state.AccountsOpened, state.Transfers, state.Totals,
            Convert.ToHexStringLower(point.Chain));
        return new AuditReport(
            ledgerId, [.. faults.OrderBy(fault => fault.Subject)], ledger, refusals, journal.Segments.Count,
                point.Place,
            unfinished, unfinished > 0 ? journal.Locate(point.Place) : null, snapshots.Good, index.Ids,
            state.Sequence > 0 ? Partition.FromMicros(state.LastAtMicros) : null);
    }

    public void Dispose() => buckets?.Dispose();

    private bool Visit(ScannedBatch batch)
    {
        cancel.ThrowIfCancellationRequested();
        CheckSegmentHeaders(batch.Place);
        var records = batch.Records;
        var ahead = 0;
        for (var i = 0; i < PrefetchDistance; i++) Prefetch(records, ref ahead);
        for (var offset = 0; offset < records.Length;)
        {
            Prefetch(records, ref ahead);
            ReadOnlySpan<byte> record = records.Slice(offset, Records.As<RecordHeader>(records[offset..]).Length);
            Apply(record, batch.FirstRecordPlace + offset);
            offset += record.Length;
        }
        point = batch.After;
        VisitPoint();
        progress?.Invoke(new AuditProgress(point.Place, journal.EndPlace, point.NextSequence - 1));
        return true;
    }

    private void VisitPoint()
    {
        snapshots.Visit(state, point);
        index.Visit(point);
    }

    private void Prefetch(ReadOnlySpan<byte> records, ref int ahead)
    {
        if (ahead >= records.Length) return;
        ref readonly var header = ref Records.As<RecordHeader>(records[ahead..]);
        if (header.Kind == RecordKind.TransferSucceeded)
        {
            ref readonly var transfer = ref Records.As<TransferRecord>(records[ahead..]);
            state.Accounts.Prefetch(transfer.From);
            state.Accounts.Prefetch(transfer.To);
        }
        ahead += header.Length;
    }

    private void Apply(ReadOnlySpan<byte> record, long place)
    {
        try
        {
            if (RecordShape.FaultOf(record, state) is { } fault)
                throw new DamagedRecordException($"Event {Records.As<RecordHeader>(record).Sequence} can't be: "
                    + $"{fault}.");
            state.Apply(record, place);
        }
        catch (Exception e) when (e is DamagedRecordException or OverflowException)
        {
            throw Damaged(place, e.Message);
        }
        if (Records.TransactionIdOf(record) is not { } id) return;
        if (Records.As<RecordHeader>(record).Kind == RecordKind.TransferRefused) refusals++;
        if (buckets is null && place >= index.CoveredPlace) return;
        var hashed = hash.Of(id);
        buckets?.Add(hashed, place);
        if (place < index.CoveredPlace) index.Note(hashed, place);
    }

    private void CheckSegmentHeaders(long place)
    {
        for (; nextSegment < journal.Segments.Count; nextSegment++)
        {
            var header = journal.Segments[nextSegment].Header;
            if (header.BasePlace > place) return;
            if (header.FirstSequence == point.NextSequence && header.Chain.AsSpan().SequenceEqual(point.Chain))
                continue;
            throw new DataDirectoryException(
                $"The journal is damaged at {journal.Locate(header.BasePlace)} (place {header.BasePlace}): the "
                + $"segment's header does not follow from event {point.NextSequence - 1} before it. The "
                + "journal was not changed; put the file back from a backup.");
        }
    }

    private void CheckSums()
    {
        CheckSegmentHeaders(point.Place);
        var sums = new Dictionary<Currency, Int128>();
        for (var number = 0; number < state.Accounts.Count; number++)
        {
            var account = state.Accounts[number].Account;
            sums[account.Currency] = sums.GetValueOrDefault(account.Currency) + account.Balance;
            if (account.Balance < account.Floor)
                throw Unbalanced($"the account {state.Directory.IdOf(number)} has {account.Balance} minor units");
        }
        foreach (var (currency, sum) in sums)
            if (sum != 0) throw Unbalanced($"the balances of {currency} sum to {sum} minor units, not zero");
        foreach (var total in state.Totals)
            if (total.MinorUnits != 0) throw Unbalanced($"the debits and credits of {total.Currency} differ");
    }

    private void CheckUniqueness()
    {
        if (buckets is null) return;
        var first = (Earlier: long.MaxValue, Later: long.MaxValue);
        buckets.FindEqual(
            (earlier, later) =>
            {
                if (later < first.Later && IdAt(earlier) == IdAt(later)) first = (earlier, later);
            },
            cancel);
        if (first.Later == long.MaxValue) return;
        var (earlierEvent, laterEvent) = (SequenceAt(first.Earlier), SequenceAt(first.Later));
        throw Damaged(
            first.Later, $"Event {laterEvent} gives transaction {IdAt(first.Later)} a second outcome; event "
            + $"{earlierEvent} at {journal.Locate(first.Earlier)} has the first.");
    }

    private TransactionId? IdAt(long place)
    {
        Span<byte> buffer = stackalloc byte[Records.LengthMax];
        return journal.TryReadRecord(place, buffer, out var record) ? Records.TransactionIdOf(record) : null;
    }

    private long SequenceAt(long place)
    {
        Span<byte> buffer = stackalloc byte[Records.LengthMax];
        return journal.TryReadRecord(place, buffer, out var record) ? Records.As<RecordHeader>(record).Sequence : 0;
    }

    private DataDirectoryException Damaged(long place, string fault) => new(
        $"The journal is damaged at {journal.Locate(place)} (place {place}): {fault} The journal was not changed; "
        + "put the file back from a backup.");

    private DataDirectoryException Unbalanced(string fault) => new(
        $"The ledger does not balance after event {state.Sequence}: {fault}. Stop the wallet and put the journal back "
        + "from a backup.");

    /// <summary>A replay decides nothing again, so it asks for no id and remembers none.</summary>
    private sealed class NothingRemembered : IRecordedTransfers
    {
        public void Prefetch(TransactionId id)
        {
        }

        public bool TryFind(TransactionId id, Span<byte> destination, out int length)
        {
            length = 0;
            return false;
        }

        public void Remember(TransactionId id, long place)
        {
        }
    }
}
