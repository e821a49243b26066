using OrleansWallet.Ledger;
using OrleansWallet.Storage.Partitions;

namespace OrleansWallet.Partitions;

/// <summary>A partition's state as its journal gives it, and the point from which on it may write.</summary>
internal sealed class RecoveredPartition
{
    private RecoveredPartition(int number, PartitionServices services)
    {
        Buffers = [NewBuffer(services.Options), NewBuffer(services.Options)];
        (Number, Point) = (number, PartitionPoint.Start(services.Journal.LedgerId, number));
        Take(new KnownIds(TryRead, new IdTable(), new IdTable()), services);
        Partition = new Partition(Ids, Membership);
    }

    public int Number { get; }

    /// <summary>Where a batch's records are written while the one before is on its way.</summary>
    public RecordBuffer[] Buffers { get; }

    public KnownIds Ids { get; private set; }

    public Membership Membership { get; private set; }

    public Partition Partition { get; private set; }

    public PartitionPoint Point { get; private set; }

    /// <summary>How many events the snapshot had that it was made from.</summary>
    public long SnapshotEvents { get; private set; }

    /// <summary>
    /// Loads a partition and has its new activation recorded: from then on no older one can write. A new ledger's
    /// settlement accounts are opened.
    /// </summary>
    public static async Task<RecoveredPartition> LoadAsync(int number, PartitionServices services)
    {
        var recovered = new RecoveredPartition(number, services);
        await recovered.ActivateAsync(services).ConfigureAwait(false);
        await recovered.OpenSettlementAccountsAsync(services).ConfigureAwait(false);
        return recovered;
    }

    /// <summary>Writes what <see cref="LoadAsync"/> takes up: the known ids, then the state.</summary>
    public static void Write(Stream image, KnownIds ids, Partition.PartitionCapture capture)
    {
        ids.WriteTo(image);
        capture.WriteTo(image);
    }

    private async Task ActivateAsync(PartitionServices services)
    {
        var snapshot = await services.Snapshots.ReadNewestSnapshotAsync(Number, image =>
        {
            Take(new KnownIds(TryRead, IdTable.ReadFrom(image), IdTable.ReadFrom(image)), services);
            return Partition.FromImage(image, Ids, Membership);
        }, services.Notice).ConfigureAwait(false);
        if (snapshot is not null)
        {
            (Partition, Point) = (snapshot.State, snapshot.Point);
            SnapshotEvents = Partition.Sequence;
        }
        Point = await services.Journal.ActivateAsync(Point, Guid.NewGuid(), batch =>
        {
            Replay(batch);
            return ValueTask.CompletedTask;
        }).ConfigureAwait(false);
    }

    private void Replay(PartitionBatch batch)
    {
        var rest = batch.Records.Span;
        var place = RecordPlace.FirstOf(batch.Sequence);
        while (rest.Length > 0)
        {
            if (!Records.TryRead(rest, out var record))
                throw new PartitionDamagedException(
                    Number, batch.Sequence, $"it has no record at {RecordPlace.OffsetOf(place)}");
            Partition.Apply(record, place);
            Ids.Replayed(record, place);
            place += record.Length;
            rest = rest[record.Length..];
        }
    }

    private async Task OpenSettlementAccountsAsync(PartitionServices services)
    {
        var records = Buffers[0];
        records.Reset(RecordPlace.FirstOf(Point.Sequence + 1));
        Partition.OpenSettlementAccounts(
            Partition.ToMicros(services.Time.GetUtcNow()), records,
            id => Placement.PartitionOf(id, Membership.Partitions) == Number);
        if (records.Count == 0) return;
        var bytes = records.FramedMemory();
        var after = PartitionBatch.SealRecords(bytes.Span, Point, records.Count);
        await services.Journal.AppendAsync(Number, after.Sequence, bytes).ConfigureAwait(false);
        Point = after;
    }

    private static RecordBuffer NewBuffer(PartitionOptions options) =>
        new(options.BatchBytesMax, PartitionBatch.HeaderBytes);

    [System.Diagnostics.CodeAnalysis.MemberNotNull(nameof(Ids), nameof(Membership))]
    private void Take(KnownIds ids, PartitionServices services) =>
        (Ids, Membership) = (ids, new Membership(Number, services.Journal.PartitionCount, ids));

    private bool TryRead(long place, out ReadOnlySpan<byte> record)
    {
        if (!Buffers[0].TryRead(place, out record) && !Buffers[1].TryRead(place, out record)) return false;
        record = record[..Records.As<RecordHeader>(record).Length];
        return true;
    }
}
