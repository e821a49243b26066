using OrleansWallet.Ledger;
using OrleansWallet.Storage.Partitions;

namespace OrleansWallet.Storage.Tests.Support;

/// <summary>
/// The ledger's state machine over a partition's journal, as a grain would host it: executes, seals, appends, takes
/// snapshots, and is taken up again from the journal. A record's place is its batch's sequence and its offset.
/// </summary>
internal sealed class HostedPartition : IRecordedTransfers
{
    private const int OffsetBits = 24;
    private readonly Dictionary<TransactionId, long> places = [];
    private readonly Dictionary<long, byte[]> records = [];
    private readonly RecordBuffer buffer = new(1 << 16, PartitionBatch.HeaderBytes);

    public HostedPartition(PartitionPoint point)
    {
        Point = point;
        State = new Partition(this);
    }

    private HostedPartition(Stream image) => State = Partition.FromImage(image, this);

    public Partition State { get; }

    public PartitionPoint Point { get; private set; }

    public static async Task<HostedPartition> FromSnapshotAsync(PartitionJournals journals, int partition)
    {
        var snapshot = await journals.ReadNewestSnapshotAsync(
            partition, image => new HostedPartition(image), notice => Assert.Fail(notice));
        Assert.NotNull(snapshot);
        snapshot.State.Point = snapshot.Point;
        return snapshot.State;
    }

    /// <summary>Replays the journal behind the point, and begins an activation.</summary>
    public async Task ActivateAsync(IPartitionJournal journal) =>
        Point = await journal.ActivateAsync(Point, Guid.NewGuid(), batch =>
        {
            Apply(batch);
            return ValueTask.CompletedTask;
        });

    /// <summary>Replays the journal behind the point.</summary>
    public async Task ReplayAsync(IPartitionJournal journal)
    {
        await foreach (var batch in journal.ReadAsync(Point))
        {
            Apply(batch);
            Point = batch.After;
        }
    }

    /// <summary>Executes something as a batch of its own, and waits until that is durable.</summary>
    public async Task ExecuteAsync(IPartitionJournal journal, Action<RecordBuffer> execute)
    {
        buffer.Reset((Point.Sequence + 1) << OffsetBits);
        execute(buffer);
        var batch = buffer.Framed(1).ToArray();
        Point = PartitionBatch.SealRecords(batch, Point, buffer.Count);
        Keep(batch.AsSpan(PartitionBatch.HeaderBytes), buffer.FirstPlace);
        await journal.AppendAsync(Point.Partition, Point.Sequence, batch);
    }

    public Task SnapshotAsync(IPartitionSnapshots snapshots)
    {
        var capture = State.BeginCapture();
        Assert.True(capture.CopySome(int.MaxValue));
        return snapshots.WriteSnapshotAsync(Point, capture.WriteTo);
    }

    public byte[] Image()
    {
        var capture = State.BeginCapture();
        Assert.True(capture.CopySome(int.MaxValue));
        using var image = new MemoryStream();
        capture.WriteTo(image);
        return image.ToArray();
    }

    public void Prefetch(TransactionId id)
    {
    }

    public bool TryFind(TransactionId id, Span<byte> destination, out int length)
    {
        length = 0;
        if (!places.TryGetValue(id, out var place) || !records.TryGetValue(place, out var record)) return false;
        record.CopyTo(destination);
        length = record.Length;
        return true;
    }

    public void Remember(TransactionId id, long place) => places[id] = place;

    private void Apply(PartitionBatch batch)
    {
        var place = batch.Sequence << OffsetBits;
        for (var rest = batch.Records; rest.Length > 0;)
        {
            Assert.True(Records.TryRead(rest.Span, out var record));
            State.Apply(record, place);
            rest = rest[record.Length..];
            place += record.Length;
        }
        Keep(batch.Records.Span, batch.Sequence << OffsetBits);
    }

    private void Keep(ReadOnlySpan<byte> written, long place)
    {
        while (Records.TryRead(written, out var record))
        {
            records[place] = record.ToArray();
            if (Records.TransactionIdOf(record) is { } id) places[id] = place;
            written = written[record.Length..];
            place += record.Length;
        }
        Assert.True(written.IsEmpty);
    }
}
