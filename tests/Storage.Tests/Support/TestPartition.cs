using OrleansWallet.Storage.Partitions;

namespace OrleansWallet.Storage.Tests.Support;

/// <summary>An activation of a partition: appends batches and remembers where its journal ends.</summary>
internal sealed class TestPartition
{
    private readonly IPartitionJournal journal;

    private TestPartition(IPartitionJournal journal, PartitionPoint point)
    {
        this.journal = journal;
        Point = point;
    }

    /// <summary>The point behind the last batch that was handed over.</summary>
    public PartitionPoint Point { get; private set; }

    public static async Task<TestPartition> ActivateAsync(
        IPartitionJournal journal, int partition, Action<PartitionBatch>? apply = null)
    {
        var start = PartitionPoint.Start(journal.LedgerId, partition);
        return new TestPartition(
            journal, await journal.ActivateAsync(start, Guid.NewGuid(), batch =>
            {
                apply?.Invoke(batch);
                return ValueTask.CompletedTask;
            }));
    }

    public static Task<TestPartition[]> ActivateAllAsync(IPartitionJournal journal, int count) =>
        Task.WhenAll(Enumerable.Range(0, count).Select(partition => ActivateAsync(journal, partition)));

    /// <summary>Hands a batch over; the next may be before this one is done.</summary>
    public Task AppendAsync(int bodyBytes = 120) => AppendAsync(Batches.Records(Point, bodyBytes));

    /// <summary>Hands a batch of each over, all of them in one commit.</summary>
    public static Task AppendTogetherAsync(IReadOnlyList<TestPartition> partitions, int bodyBytes = 120) =>
        partitions[0].journal.AppendTogetherAsync([.. partitions.Select(each => each.Seal(bodyBytes))]);

    /// <summary>Seals a batch and goes on behind it.</summary>
    public PartitionBytes Seal(int bodyBytes = 120)
    {
        var (bytes, after) = Batches.Records(Point, bodyBytes);
        Point = after;
        return new PartitionBytes(after.Partition, after.Sequence, bytes);
    }

    /// <summary>The same with a body of the test's own.</summary>
    public Task AppendAsync(byte[] body)
    {
        byte[] bytes = [.. new byte[PartitionBatch.HeaderBytes], .. body];
        return AppendAsync((bytes, PartitionBatch.SealRecords(bytes, Point, count: 1)));
    }

    private Task AppendAsync((byte[] Bytes, PartitionPoint After) batch)
    {
        var (bytes, after) = batch;
        var appending = journal.AppendAsync(Point.Partition, after.Sequence, bytes);
        Point = after;
        return appending;
    }

    /// <summary>Appends so many batches, one after the other.</summary>
    public async Task AppendManyAsync(int count, int bodyBytes = 120)
    {
        for (var i = 0; i < count; i++) await AppendAsync(bodyBytes);
    }

    /// <summary>All batches of its journal, from the first.</summary>
    public Task<List<PartitionBatch>> ReadAllAsync() => ReadAllAsync(journal, Point.Partition);

    public static async Task<List<PartitionBatch>> ReadAllAsync(IPartitionJournal journal, int partition)
    {
        var batches = new List<PartitionBatch>();
        await foreach (var batch in journal.ReadAsync(PartitionPoint.Start(journal.LedgerId, partition)))
            batches.Add(batch);
        return batches;
    }
}
