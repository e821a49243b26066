using System.Threading.Channels;
using FsCheck.Fluent;
using OrleansWallet.Storage.Partitions;
using OrleansWallet.Storage.Tests.Support;

namespace OrleansWallet.Storage.Tests.Partitions;

// The writer over a database that answers when, and as, the test says.
public sealed class PartitionWriterTests
{
    private readonly Channel<Group> running = Channel.CreateUnbounded<Group>();
    private readonly Dictionary<int, PartitionPoint> points = [];

    [Fact]
    public async Task A_lone_batch_goes_at_once_and_what_comes_meanwhile_goes_together_one_of_a_partition()
    {
        var writer = NewWriter(new PartitionStoreOptions { WritersMax = 1 });
        Begin(writer, 0);
        var lone = await NextAsync();
        foreach (var partition in new[] { 1, 2, 3 }) Begin(writer, partition);
        Append(writer, 0);
        Append(writer, 0);
        Append(writer, 2);

        Assert.Equal([(0, 1)], lone.Keys);
        Assert.False(running.Reader.TryRead(out _));
        lone.Finish();
        var second = await NextAsync();
        Assert.Equal([(1, 1), (2, 1), (3, 1), (0, 2)], second.Keys.OrderBy(key => key.Item2));
        second.Finish();
        var third = await NextAsync();
        Assert.Equal([(0, 3), (2, 2)], third.Keys.Order());
        third.Finish();
        Assert.Equal(3, writer.Counts.Groups);
        Assert.Equal(7, writer.Counts.Batches);
    }

    [Fact]
    public async Task A_group_has_so_many_batches_and_bytes_at_most_and_a_large_batch_goes_alone()
    {
        var writer = NewWriter(new PartitionStoreOptions
        {
            WritersMax = 1, GroupBatchesMax = 3, GroupBytesMax = 1_000,
        });
        for (var partition = 0; partition < 8; partition++)
        {
            Begin(writer, partition);
            (await NextAsync()).Finish();
        }
        Append(writer, 0);
        var gate = await NextAsync();
        int[] sizes = [100, 100, 100, 100, 3_000, 700, 150];
        foreach (var (partition, bytes) in sizes.Index()) Append(writer, partition + 1, bytes);
        gate.Finish();

        var groups = new List<string>();
        for (var i = 0; i < 4; i++)
        {
            var group = await NextAsync();
            groups.Add(string.Join(' ', group.Keys.Select(key => key.Partition)));
            group.Finish();
        }
        Assert.Equal(["1 2 3", "4", "5", "6 7"], groups);
    }

    [Fact]
    public async Task A_partition_is_in_one_group_at_a_time_though_writers_are_free()
    {
        var writer = NewWriter(new PartitionStoreOptions { WritersMax = 2 });
        Begin(writer, 0);
        var first = await NextAsync();
        Append(writer, 0);
        Begin(writer, 1);
        var beside = await NextAsync();

        Assert.Equal([(1, 1)], beside.Keys);
        beside.Finish();
        Assert.False(running.Reader.TryRead(out _));
        first.Finish();
        var second = await NextAsync();
        Assert.Equal([(0, 2)], second.Keys);
        second.Finish();
    }

    [Fact]
    public async Task What_fails_takes_along_what_waits_behind_it_up_to_a_new_activation()
    {
        var writer = NewWriter(new PartitionStoreOptions { WritersMax = 1 });
        Begin(writer, 0);
        (await NextAsync()).Finish();
        var older = points[0];
        var first = Append(writer, 0);
        var group = await NextAsync();
        var behind = Enumerable.Range(0, 3).Select(_ => Append(writer, 0)).ToList();
        points[0] = older;
        var begins = Begin(writer, 0);
        var newer = Append(writer, 0);

        group.Break(new PartitionFencedException(0, 2));

        await Assert.ThrowsAsync<PartitionFencedException>(() => first.Task);
        foreach (var append in behind)
        {
            var failed = await Assert.ThrowsAsync<StateUnavailableException>(() => append.Task);
            Assert.True(failed.IsOutcomeKnown);
        }
        (await NextAsync()).Finish();
        (await NextAsync()).Finish();
        await begins.Task;
        await newer.Task;
    }

    [Fact]
    public async Task A_group_that_breaks_is_of_unknown_outcome_and_the_next_goes_on()
    {
        var writer = NewWriter(new PartitionStoreOptions { WritersMax = 1 });
        var lost = Begin(writer, 0);
        var group = await NextAsync();
        var next = Begin(writer, 1);

        group.Crash();

        var failed = await Assert.ThrowsAsync<StateUnavailableException>(() => lost.Task);
        Assert.False(failed.IsOutcomeKnown);
        (await NextAsync()).Finish();
        await next.Task;
    }

    [Fact]
    public async Task Room_that_failed_batches_took_is_given_back()
    {
        var writer = NewWriter(new PartitionStoreOptions { WritersMax = 1, WaitingBatchesMax = 2 });
        for (var round = 0; round < 5; round++)
        {
            points.Clear();
            if (round > 0) points[0] = PartitionPoint.Start(Batches.LedgerId, 0) with { Activation = round };
            Begin(writer, 0);
            var group = await NextAsync();
            var behind = new[] { Append(writer, 0), Append(writer, 0) };
            Assert.Throws<StateUnavailableException>(() => Append(writer, 0));
            group.Break(new PartitionFencedException(0, 1));
            foreach (var append in behind) await Assert.ThrowsAsync<StateUnavailableException>(() => append.Task);
        }
    }

    [Fact]
    public void Whatever_fails_or_arrives_late_the_journal_is_whole_and_has_all_that_was_answered() =>
        Properties.Hold(Gen.Choose(0, 11).ListOf(80).ToArbitrary(), fates =>
        {
            const int BatchCount = 15;
            var journal = new FatefulJournal([.. fates]);
            var writer = new PartitionWriter(
                new PartitionStoreOptions { WritersMax = 2 }, 0, FatefulJournal.Partitions, journal.WriteAsync, new NoneTogether());

            var answered = Task.WhenAll(Enumerable.Range(0, FatefulJournal.Partitions).Select(
                partition => Task.Run(() => journal.HostAsync(writer, partition, BatchCount))))
                .GetAwaiter().GetResult();

            for (var partition = 0; partition < FatefulJournal.Partitions; partition++)
            {
                Assert.Equal(BatchCount, answered[partition].Count);
                Assert.Superset(answered[partition], journal.ReadChecked(partition).ToHashSet());
            }
        }, tests: 60);

    private PartitionWriter NewWriter(PartitionStoreOptions options) => new(
        options, 0, 64, WriteAsync, new NoneTogether());

    private async Task WriteAsync(List<PartitionAppend> appends)
    {
        var group = new Group([.. appends]);
        await running.Writer.WriteAsync(group);
        await group.Finished;
    }

    private ValueTask<Group> NextAsync() => running.Reader.ReadAsync();

    private PartitionAppend Begin(PartitionWriter writer, int partition)
    {
        var before = points.GetValueOrDefault(partition, PartitionPoint.Start(Batches.LedgerId, partition));
        var (bytes, after) = PartitionBatch.SealActivation(before, Guid.NewGuid());
        return Push(writer, bytes, after);
    }

    private PartitionAppend Append(PartitionWriter writer, int partition, int bodyBytes = 120)
    {
        var (bytes, after) = Batches.Records(points[partition], bodyBytes);
        return Push(writer, bytes, after);
    }

    private PartitionAppend Push(PartitionWriter writer, byte[] bytes, PartitionPoint after)
    {
        var append = new PartitionAppend(after.Partition, after.Sequence, bytes);
        writer.Push(append);
        points[after.Partition] = after;
        return append;
    }

    private sealed class Group(IReadOnlyList<PartitionAppend> appends)
    {
        private readonly TaskCompletionSource finished = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public IEnumerable<(int Partition, long Sequence)> Keys =>
            appends.Select(append => (append.Partition, append.Sequence));

        public Task Finished => finished.Task;

        public void Finish() => finished.SetResult();

        public void Break(Exception why)
        {
            foreach (var append in appends) append.Fail(why);
            finished.SetResult();
        }

        public void Crash() => finished.SetException(new InvalidOperationException("broken"));
    }
}
