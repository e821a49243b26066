using OrleansWallet.Storage.Partitions;
using OrleansWallet.Storage.Tests.Support;
using OrleansWallet.Testing;

namespace OrleansWallet.Storage.Tests.Partitions;

// Batches of several partitions in one commit: all of them are written, or none.
[Collection(PostgresCollection.Name)]
public sealed class PartitionTogetherTests(PostgresServer server)
{
    [PostgresFact]
    public async Task Batches_of_several_partitions_are_one_commit()
    {
        var place = await PartitionPlace.NewAsync(server);
        await using var journals = await place.OpenAsync();
        var partitions = await TestPartition.ActivateAllAsync(journals, 64);
        var before = journals.Counts;
        for (var i = 0; i < 5; i++) await TestPartition.AppendTogetherAsync(partitions);
        await TestPartition.AppendTogetherAsync(partitions[3..9]);
        await partitions[3].AppendAsync();

        Assert.Equal((7, 5 * 64 + 7), (journals.Counts.Groups - before.Groups, journals.Counts.Batches - before.Batches));
        for (var number = 0; number < 64; number++)
        {
            var expected = 6 + (number is >= 3 and < 9 ? 1 : 0) + (number == 3 ? 1 : 0);
            Assert.Equal(expected, (await partitions[number].ReadAllAsync()).Count);
        }
    }

    [PostgresFact]
    public async Task Where_one_is_fenced_none_is_written_and_all_must_begin_anew()
    {
        var place = await PartitionPlace.NewAsync(server);
        await using var older = await place.OpenAsync();
        await using var newer = await place.OpenAsync();
        var partitions = await TestPartition.ActivateAllAsync(older, 64);
        await TestPartition.AppendTogetherAsync(partitions);
        await TestPartition.ActivateAsync(newer, 40);

        var fenced = await Assert.ThrowsAsync<PartitionFencedException>(
            () => TestPartition.AppendTogetherAsync(partitions));
        Assert.Equal(40, fenced.Partition);

        for (var number = 0; number < 64; number++)
        {
            Assert.Equal(number == 40 ? 3 : 2, (await TestPartition.ReadAllAsync(newer, number)).Count);
            if (number == 40) continue;
            var ended = await Assert.ThrowsAsync<StateUnavailableException>(() => partitions[number].AppendAsync());
            Assert.True(ended.IsOutcomeKnown);
        }
        var again = await TestPartition.ActivateAllAsync(older, 40);
        await TestPartition.AppendTogetherAsync(again);
        Assert.All(await Task.WhenAll(again.Select(each => each.ReadAllAsync())), all => Assert.Equal(4, all.Count));
    }

    [PostgresFact]
    public async Task What_waits_goes_in_one_commit_and_a_group_that_is_fenced_fails_alone()
    {
        var place = await PartitionPlace.NewAsync(server);
        await using var older = await place.OpenAsync(new PartitionStoreOptions { WritersMax = 1 });
        await using var newer = await place.OpenAsync();
        var partitions = await TestPartition.ActivateAllAsync(older, 64);
        await TestPartition.ActivateAsync(newer, 40);
        foreach (var fenced in new[] { false, true })
        {
            var before = older.Counts;
            var groups = partitions[(fenced ? 32 : 0)..(fenced ? 64 : 32)].Chunk(8).ToArray();
            var appending = new List<Task>();
            await using (await place.LockAsync("partition_journal"))
            {
                // The first goes alone and waits; the others meet behind it.
                appending.Add(TestPartition.AppendTogetherAsync(groups[0]));
                await place.WaitForLockedAsync(1);
                appending.AddRange(groups[1..].Select(group => TestPartition.AppendTogetherAsync(group)));
            }
            for (var group = 0; group < groups.Length; group++)
            {
                var isFenced = fenced && group == 1;
                if (isFenced) await Assert.ThrowsAsync<PartitionFencedException>(() => appending[group]);
                else await appending[group];
                foreach (var partition in groups[group])
                    Assert.Equal(
                        isFenced && partition.Point.Partition != 40 ? 1 : 2,
                        (await TestPartition.ReadAllAsync(newer, partition.Point.Partition)).Count);
            }
            Assert.Equal(2, older.Counts.Groups - before.Groups);
        }
    }

    [PostgresFact]
    public async Task Where_the_connection_is_lost_all_are_written_or_none()
    {
        var place = await PartitionPlace.NewAsync(server);
        await using var journals = await place.OpenAsync();
        var partitions = await TestPartition.ActivateAllAsync(journals, 8);
        var gate = await place.LockAsync("partition_journal");
        var appending = TestPartition.AppendTogetherAsync(partitions);
        await place.WaitForLockedAsync(1);
        // The one that holds the lock is among them.
        await place.KillSessionsAsync();
        await Assert.ThrowsAsync<StateUnavailableException>(() => appending);
        var again = await TestPartition.ActivateAllAsync(journals, 8);
        var counts = (await Task.WhenAll(again.Select(each => each.ReadAllAsync()))).Select(all => all.Count);
        Assert.Single(counts.Distinct());
        await gate.DisposeAsync();
    }

    [PostgresFact]
    public async Task What_does_not_belong_together_is_refused_before_anything_is_written()
    {
        var place = await PartitionPlace.NewAsync(server);
        await using var journals = await place.OpenAsync();
        var partitions = await TestPartition.ActivateAllAsync(journals, 4);
        await Assert.ThrowsAsync<InvalidOperationException>(() => journals.AppendTogetherAsync(
            [partitions[0].Seal(), partitions[0].Seal()]));
        await journals.AppendTogetherAsync([]);
        Task first;
        await using (await place.LockAsync("partition_journal"))
        {
            first = partitions[1].AppendAsync();
            await place.WaitForLockedAsync(1);
            await Assert.ThrowsAsync<InvalidOperationException>(
                () => TestPartition.AppendTogetherAsync([partitions[1], partitions[2]]));
        }
        await first;
        Assert.Single(await partitions[0].ReadAllAsync());
        Assert.Equal(2, (await partitions[1].ReadAllAsync()).Count);
        Assert.Single(await partitions[2].ReadAllAsync());
    }
}
