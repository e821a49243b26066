using OrleansWallet.Storage.Partitions;
using OrleansWallet.Storage.Tests.Support;
using OrleansWallet.Testing;
using Xunit.Abstractions;

namespace OrleansWallet.Storage.Tests.Partitions;

[Collection(PostgresCollection.Name)]
public sealed class PartitionJournalTests(PostgresServer server, ITestOutputHelper output)
{
    [PostgresFact]
    public async Task What_many_partitions_append_at_once_is_read_as_it_was_written_and_took_few_commits()
    {
        const int Each = 40;
        var place = await PartitionPlace.NewAsync(server);
        await using var journals = await place.OpenAsync();
        var partitions = await TestPartition.ActivateAllAsync(journals, 64);
        var before = journals.Counts.Groups;

        await Task.WhenAll(partitions.Select(async partition =>
        {
            for (var i = 0; i < Each; i++) await partition.AppendAsync(bodyBytes: 100 + i * 37);
        }));

        var groups = journals.Counts.Groups - before;
        output.WriteLine($"{64 * Each} batches in {groups} groups");
        Assert.InRange(groups, Each, 64 * Each / 8);
        Assert.Equal(journals.Counts.Groups, await place.CountAsync(
            "SELECT count(DISTINCT xmin::text) FROM partition_journal"));
        foreach (var partition in partitions)
        {
            var batches = await partition.ReadAllAsync();
            Assert.Equal(Each + 1, batches.Count);
            Assert.Equal(partition.Point, batches[^1].After);
            foreach (var batch in batches.Skip(1))
                Assert.Equal(Batches.NumberOf(partition.Point.Partition, batch.Sequence), Batches.NumberIn(batch));
        }
    }

    [PostgresFact]
    public async Task Batches_of_one_partition_are_appended_in_order_though_none_waits_for_the_one_before()
    {
        var place = await PartitionPlace.NewAsync(server);
        await using var journals = await place.OpenAsync();
        var partition = await TestPartition.ActivateAsync(journals, 3);

        var appends = Enumerable.Range(0, 50).Select(_ => partition.AppendAsync()).ToList();
        var done = 0;
        foreach (var append in appends)
        {
            await append;
            done++;
            Assert.True(appends.Take(done).All(task => task.IsCompletedSuccessfully));
        }

        Assert.Equal(51, (await partition.ReadAllAsync()).Count);
    }

    [PostgresFact]
    public async Task Batches_of_any_size_are_read_in_portions_of_a_few()
    {
        int[] sizes = [1, 119, 2_000, 8_200, 1_000_000, 5_000_000, 7, PartitionBatch.LengthMax - 72, 300];
        var place = await PartitionPlace.NewAsync(server);
        await using var journals = await place.OpenAsync(
            new PartitionStoreOptions { ReadBatchesMax = 3, ReadBytesMax = 4_000, GroupBytesMax = 1 << 20 });
        var partition = await TestPartition.ActivateAsync(journals, 63);

        await Task.WhenAll(sizes.Select(size => partition.AppendAsync(size)).ToList());

        var batches = await partition.ReadAllAsync();
        Assert.Equal(sizes, batches.Skip(1).Select(batch => batch.Records.Length));
        Assert.Equal(partition.Point, batches[^1].After);
    }

    [PostgresFact]
    public async Task Reading_goes_on_behind_any_point_and_one_batch_is_found_by_its_number()
    {
        var place = await PartitionPlace.NewAsync(server);
        await using var journals = await place.OpenAsync(new PartitionStoreOptions { ReadBatchesMax = 4 });
        var partition = await TestPartition.ActivateAsync(journals, 0);
        await partition.AppendManyAsync(20);
        var all = await partition.ReadAllAsync();

        foreach (var known in all)
        {
            var found = await journals.FindAsync(0, known.Sequence);
            Assert.Equal(known.Bytes.ToArray(), found?.Bytes.ToArray());
            var behind = new List<long>();
            await foreach (var batch in journals.ReadAsync(known.After)) behind.Add(batch.Sequence);
            Assert.Equal(all.Skip((int)known.Sequence).Select(batch => batch.Sequence), behind);
        }
        Assert.Null(await journals.FindAsync(0, 22));
        Assert.Null(await journals.FindAsync(1, 1));
    }

    [PostgresFact]
    public async Task The_journal_goes_on_where_another_process_has_left_it()
    {
        var place = await PartitionPlace.NewAsync(server);
        PartitionPoint left;
        await using (var first = await place.OpenAsync())
        {
            var partition = await TestPartition.ActivateAsync(first, 9);
            await partition.AppendManyAsync(3);
            left = partition.Point;
        }

        await using var second = await place.OpenAsync();
        var seen = new List<long>();
        var again = await TestPartition.ActivateAsync(second, 9, batch => seen.Add(batch.Sequence));
        await again.AppendAsync();

        Assert.Equal([1, 2, 3, 4], seen);
        Assert.Equal((left.Sequence + 2, 2), (again.Point.Sequence, again.Point.Activation));
        Assert.Equal(6, (await again.ReadAllAsync()).Count);
    }

    [PostgresFact]
    public async Task More_batches_or_bytes_than_may_wait_are_refused_and_can_come_again()
    {
        var place = await PartitionPlace.NewAsync(server);
        await using var journals = await place.OpenAsync(new PartitionStoreOptions
        {
            WaitingBatchesMax = 3, WaitingBytesMax = PartitionBatch.LengthMax, WritersMax = 1,
        });
        var partition = await TestPartition.ActivateAsync(journals, 0);
        var taken = new List<Task>();
        await using (await place.LockAsync("partition_journal"))
        {
            taken.Add(partition.AppendAsync());
            await place.WaitForLockedAsync(1);
            taken.Add(partition.AppendAsync(PartitionBatch.LengthMax - 1_000));

            await AssertRefusedAsync("bytes", () => partition.AppendAsync(2_000));
            taken.Add(partition.AppendAsync(100));
            taken.Add(partition.AppendAsync(100));
            await AssertRefusedAsync("3 batches", () => partition.AppendAsync(100));
            Assert.All(taken, task => Assert.False(task.IsCompleted));
        }

        await Task.WhenAll(taken);
        await partition.AppendAsync(2_000);
        Assert.Equal(6, (await partition.ReadAllAsync()).Count);
    }

    [PostgresFact]
    public async Task What_is_no_batch_or_not_the_next_is_refused_at_once()
    {
        var place = await PartitionPlace.NewAsync(server);
        await using var journals = await place.OpenAsync();
        var start = PartitionPoint.Start(journals.LedgerId, 1);
        var (begin, begun) = PartitionBatch.SealActivation(start, Guid.NewGuid());
        var (bytes, after) = Batches.Records(begun);
        var (later, _) = Batches.Records(after);

        await Assert.ThrowsAsync<InvalidOperationException>(() => journals.AppendAsync(1, 2, bytes));
        await journals.AppendAsync(1, 1, begin);
        await Assert.ThrowsAsync<InvalidOperationException>(() => journals.AppendAsync(1, 3, later));
        await Assert.ThrowsAsync<ArgumentException>(() => journals.AppendAsync(1, 3, bytes));
        await Assert.ThrowsAsync<ArgumentException>(() => journals.AppendAsync(2, 2, bytes));
        await Assert.ThrowsAsync<ArgumentException>(() => journals.AppendAsync(1, 2, bytes.AsMemory(0, 100)));
        await Assert.ThrowsAsync<ArgumentException>(() => journals.AppendAsync(1, 2, new byte[100]));
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(() => journals.AppendAsync(64, 2, bytes));

        await journals.AppendAsync(1, 2, bytes);
        await journals.AppendAsync(1, 3, later);
    }

    [PostgresFact]
    public async Task Closing_writes_what_was_taken_and_takes_no_more()
    {
        var place = await PartitionPlace.NewAsync(server);
        var journals = await place.OpenAsync();
        var partitions = await TestPartition.ActivateAllAsync(journals, 8);
        var appends = partitions.SelectMany(partition => Enumerable.Range(0, 30).Select(_ => partition.AppendAsync()))
            .ToList();

        await journals.DisposeAsync();

        await Task.WhenAll(appends);
        var refused = await Assert.ThrowsAsync<StateUnavailableException>(() => partitions[0].AppendAsync());
        Assert.True(refused.IsOutcomeKnown);
        Assert.Equal(8 * 31, await place.CountAsync("SELECT count(*) FROM partition_journal"));
    }

    private static async Task AssertRefusedAsync(string why, Func<Task> append)
    {
        var refused = await Assert.ThrowsAsync<StateUnavailableException>(append);
        Assert.True(refused.IsOutcomeKnown);
        Assert.Contains("overloaded", refused.Message, StringComparison.Ordinal);
        Assert.Contains(why, refused.Message, StringComparison.Ordinal);
    }
}
