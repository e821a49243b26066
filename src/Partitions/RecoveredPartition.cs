using OrleansWallet.Ledger;
using OrleansWallet.Partitions.Ids;
using OrleansWallet.Storage.Partitions;

namespace OrleansWallet.Partitions;

/// <summary>A partition's state as its journal gives it, and the point from which on it may write.</summary>
internal sealed class RecoveredPartition
{
    // Of a transfer's three records, one claims its id, and one is the payer's.
    private const int EventsPerId = 3;
    // In all partitions, so that many small ones don't take memory that few of them will ever need.
    private const int ExpectedIdsMax = 1 << 25;

    private RecoveredPartition(int number, PartitionServices services)
    {
        Buffers = [NewBuffer(services.Options), NewBuffer(services.Options)];
        (Number, Point) = (number, PartitionPoint.Start(services.Journal.LedgerId, number));
        Ids = new KnownIds(TryRead);
        // A secret, so that nobody can choose ids whose hashes collide.
        var key = Guid.NewGuid();
        Ids.Open(
            new IdIndex(SettingsOf(IdIndexKind.Recorded, services), key),
            new IdIndex(SettingsOf(IdIndexKind.Claims, services), key));
        Membership = new Membership(number, services.Journal.PartitionCount, Ids);
        Partition = new Partition(Ids, Membership);
    }

    public int Number { get; }

    /// <summary>Where a batch's records are written while the one before is on its way.</summary>
    public RecordBuffer[] Buffers { get; }

    public KnownIds Ids { get; }

    public Membership Membership { get; }

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

    /// <summary>Writes what <see cref="LoadAsync"/> takes up: which runs have the known ids, then the state.</summary>
    public static void Write(
        Stream image, IdIndexUpdate recorded, IdIndexUpdate claims, Partition.PartitionCapture capture)
    {
        recorded.Manifest.WriteTo(image);
        claims.Manifest.WriteTo(image);
        capture.WriteTo(image);
    }

    private async Task ActivateAsync(PartitionServices services)
    {
        var snapshot = await services.Snapshots.ReadNewestSnapshotAsync(
            Number, image => (
                Recorded: IdIndexManifest.ReadFrom(image, IdIndexKind.Recorded),
                Claims: IdIndexManifest.ReadFrom(image, IdIndexKind.Claims),
                Partition: Partition.FromImage(image, Ids, Membership)),
            services.Notice).ConfigureAwait(false);
        if (snapshot is not null)
        {
            (Partition, Point) = (snapshot.State.Partition, snapshot.Point);
            SnapshotEvents = Partition.Sequence;
            await OpenIndexAsync(snapshot.State.Recorded, snapshot.State.Claims, services).ConfigureAwait(false);
        }
        Point = await services.Journal.ActivateAsync(Point, Guid.NewGuid(), async batch =>
        {
            Replay(batch);
            await Ids.Recorded.WriteIfFullAsync(batch.Sequence).ConfigureAwait(false);
            await Ids.Claims.WriteIfFullAsync(batch.Sequence).ConfigureAwait(false);
        }).ConfigureAwait(false);
    }

    private async Task OpenIndexAsync(IdIndexManifest recorded, IdIndexManifest claims, PartitionServices services)
    {
        try
        {
            Ids.Open(
                await IdIndex.OpenAsync(SettingsOf(IdIndexKind.Recorded, services), recorded).ConfigureAwait(false),
                await IdIndex.OpenAsync(SettingsOf(IdIndexKind.Claims, services), claims).ConfigureAwait(false));
        }
        catch (PartitionIndexDamagedException e)
        {
            services.Notice($"Partition {Number} will be made anew from its journal: {e.Message}");
            await services.Index.DistrustAsync(Number).ConfigureAwait(false);
            throw;
        }
    }

    private IdIndexSettings SettingsOf(IdIndexKind kind, PartitionServices services)
    {
        var options = services.Options;
        var expected = Math.Min(
            options.SnapshotEveryEvents / EventsPerId, ExpectedIdsMax / services.Journal.PartitionCount);
        return new IdIndexSettings(
            Number, kind, services.Index, options.RecentIdsMax, options.IdFilterBytesMax, expected);
    }

    private void Replay(PartitionBatch batch)
    {
        var rest = new BatchRecords(batch).All.Span;
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

    private bool TryRead(long place, out ReadOnlySpan<byte> record)
    {
        if (!Buffers[0].TryRead(place, out record) && !Buffers[1].TryRead(place, out record)) return false;
        record = record[..Records.As<RecordHeader>(record).Length];
        return true;
    }
}
