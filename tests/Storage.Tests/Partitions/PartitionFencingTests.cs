using System.Collections.Concurrent;
using Npgsql;
using OrleansWallet.Storage.Partitions;
using OrleansWallet.Storage.Tests.Support;
using OrleansWallet.Testing;
using Xunit.Abstractions;

namespace OrleansWallet.Storage.Tests.Partitions;

// Two processes over one database: of two activations of a partition only one writes, and the other learns it.
[Collection(PostgresCollection.Name)]
public sealed class PartitionFencingTests(PostgresServer server, ITestOutputHelper output)
{
    [PostgresFact]
    public async Task Whoever_activates_last_writes_and_the_other_learns_it()
    {
        var place = await PartitionPlace.NewAsync(server);
        await using var one = await place.OpenAsync();
        await using var other = await place.OpenAsync();
        var journals = new[] { one, other };
        var older = await TestPartition.ActivateAsync(one, 4);
        for (var round = 1; round <= 6; round++)
        {
            await older.AppendAsync();
            var newer = await TestPartition.ActivateAsync(journals[round % 2], 4);

            var fenced = await Assert.ThrowsAsync<PartitionFencedException>(() => older.AppendAsync());
            Assert.Equal((4, newer.Point.Sequence), (fenced.Partition, fenced.Sequence));
            var ended = await Assert.ThrowsAsync<StateUnavailableException>(() => older.AppendAsync());
            Assert.True(ended.IsOutcomeKnown);
            await newer.AppendAsync();
            older = newer;
        }
        Assert.Equal(1 + 6 * 3, (await older.ReadAllAsync()).Count);
    }

    [PostgresFact]
    public async Task Within_one_process_the_newer_activation_fences_the_older_too()
    {
        var place = await PartitionPlace.NewAsync(server);
        await using var journals = await place.OpenAsync();
        var older = await TestPartition.ActivateAsync(journals, 4);
        await older.AppendAsync();
        var newer = await TestPartition.ActivateAsync(journals, 4);
        await newer.AppendManyAsync(2);

        await Assert.ThrowsAsync<PartitionFencedException>(() => older.AppendAsync());

        await newer.AppendAsync();
        Assert.Equal(6, (await newer.ReadAllAsync()).Count);
    }

    [PostgresFact]
    public async Task A_fenced_batch_takes_those_behind_it_along_and_leaves_the_rest_of_its_group_alone()
    {
        var place = await PartitionPlace.NewAsync(server);
        await using var older = await place.OpenAsync(new PartitionStoreOptions { WritersMax = 1 });
        await using var newer = await place.OpenAsync();
        var partitions = await TestPartition.ActivateAllAsync(older, 64);
        var taken = new HashSet<int> { 0, 7, 9, 63 };
        foreach (var partition in taken) await TestPartition.ActivateAsync(newer, partition);
        var before = older.Counts.Groups;

        List<Task> firsts = [], seconds = [];
        await using (await place.LockAsync("partition_journal"))
        {
            // One goes alone and waits; all others meet behind it.
            firsts.Add(partitions[0].AppendAsync());
            await place.WaitForLockedAsync(1);
            firsts.AddRange(partitions.Skip(1).Select(partition => partition.AppendAsync()));
            seconds.AddRange(partitions.Select(partition => partition.AppendAsync()));
        }

        for (var partition = 0; partition < 64; partition++)
        {
            if (taken.Contains(partition))
            {
                await Assert.ThrowsAsync<PartitionFencedException>(() => firsts[partition]);
                var failed = await Assert.ThrowsAsync<StateUnavailableException>(() => seconds[partition]);
                Assert.True(failed.IsOutcomeKnown);
            }
            else
            {
                await firsts[partition];
                await seconds[partition];
            }
            var found = await TestPartition.ReadAllAsync(newer, partition);
            Assert.Equal(taken.Contains(partition) ? 2 : 3, found.Count);
        }
        Assert.Equal(3, older.Counts.Groups - before);
    }

    [PostgresFact]
    public async Task What_an_older_activation_has_under_way_is_read_if_it_comes_first_and_fails_if_it_comes_late()
    {
        var place = await PartitionPlace.NewAsync(server);
        await using var journals = await place.OpenAsync();
        foreach (var commits in new[] { true, false })
        {
            var partition = commits ? 1 : 2;
            var older = await TestPartition.ActivateAsync(journals, partition);
            var (bytes, after) = Batches.Records(older.Point);
            await using var session = await place.ConnectAsync();
            await using var transaction = await session.BeginTransactionAsync();
            await InsertAsync(session, bytes, after);

            await using var elsewhere = await place.OpenAsync();
            var seen = new List<long>();
            var activating = TestPartition.ActivateAsync(elsewhere, partition, batch => seen.Add(batch.Sequence));
            await place.WaitForLockedAsync(1);
            if (commits) await transaction.CommitAsync();
            else await transaction.RollbackAsync();
            var newer = await activating;

            Assert.Equal(commits ? [1, 2] : [1], seen);
            Assert.Equal(commits ? 3 : 2, newer.Point.Sequence);
            if (!commits)
            {
                var late = await Assert.ThrowsAsync<PostgresException>(() => InsertAsync(session, bytes, after));
                Assert.Equal(PostgresErrorCodes.UniqueViolation, late.SqlState);
            }
            await newer.AppendAsync();
            Assert.Equal(newer.Point, (await newer.ReadAllAsync())[^1].After);
        }
    }

    [PostgresFact]
    public async Task However_activations_race_the_journal_is_whole_and_has_each_batch_that_was_answered_once()
    {
        const int Processes = 4;
        var place = await PartitionPlace.NewAsync(server);
        var answered = new ConcurrentBag<ChainHash>();
        var fenced = 0;
        var journals = await Task.WhenAll(Enumerable.Range(0, Processes).Select(_ => place.OpenAsync()));
        await Task.WhenAll(journals.Select(async journal =>
        {
            for (var round = 0; round < 25; round++)
            {
                try
                {
                    var partition = await TestPartition.ActivateAsync(journal, round % 2);
                    for (var i = 0; i < 5; i++)
                    {
                        var appending = partition.AppendAsync();
                        var chain = partition.Point.Chain;
                        await appending;
                        answered.Add(chain);
                    }
                }
                catch (PartitionFencedException)
                {
                    Interlocked.Increment(ref fenced);
                }
            }
        }));

        List<PartitionBatch> found =
        [
            .. await TestPartition.ReadAllAsync(journals[0], 0), .. await TestPartition.ReadAllAsync(journals[0], 1),
        ];
        var records = found.Where(batch => batch.Kind is PartitionBatchKind.Records).Select(batch => batch.After.Chain);
        output.WriteLine($"{answered.Count} answered, {fenced} fenced");
        Assert.Equal(answered.ToHashSet(), records.ToHashSet());
        Assert.Equal(answered.Count, records.Count());
        Assert.NotEqual(0, fenced);
        foreach (var journal in journals) await journal.DisposeAsync();
    }

    private static async Task InsertAsync(NpgsqlConnection session, byte[] bytes, PartitionPoint after)
    {
        await using var command = new NpgsqlCommand(
            "INSERT INTO partition_journal (partition, sequence, payload) VALUES ($1, $2, $3)", session);
        command.Parameters.Add(new NpgsqlParameter<short> { TypedValue = (short)after.Partition });
        command.Parameters.Add(new NpgsqlParameter<long> { TypedValue = after.Sequence });
        command.Parameters.Add(new NpgsqlParameter<byte[]> { TypedValue = bytes });
        await command.ExecuteNonQueryAsync();
    }
}
