using OrleansWallet.Storage.Partitions;
using OrleansWallet.Storage.Tests.Support;
using OrleansWallet.Testing;
using Xunit.Abstractions;

namespace OrleansWallet.Storage.Tests.Partitions;

[Collection(PostgresCollection.Name)]
public sealed class PartitionArchiveTests(PostgresServer server, ITestOutputHelper output)
{
    private static readonly PartitionStoreOptions SmallRows = new() { ArchiveRowBytesMax = 2_000, ReadBatchesMax = 5 };

    [PostgresFact]
    public async Task Replay_from_the_first_event_is_the_same_before_and_after_each_step_of_the_archive()
    {
        var place = await PartitionPlace.NewAsync(server);
        await using var journals = await place.OpenAsync(SmallRows);
        var partition = await WithTwoSnapshotsAsync(journals, 5, batches: 60);
        var before = await ContentAsync(partition);

        var moved = 0;
        for (int some; (some = await journals.ArchiveSomeAsync(5)) > 0; moved += some)
        {
            Assert.InRange(some, 1, 2_000 / 88);
            Assert.Equal(before, await ContentAsync(partition));
        }

        // All before the batch of the older snapshot: the activation, 60, and none of the 10 between the snapshots.
        Assert.Equal(60, moved);
        Assert.Equal(before.Count - 60, await place.CountAsync("SELECT count(*) FROM partition_journal"));
        await partition.AppendAsync();
        Assert.Equal(before.Count + 1, (await partition.ReadAllAsync()).Count);
    }

    [PostgresFact]
    public async Task Each_batch_and_each_point_of_the_archive_is_found()
    {
        var place = await PartitionPlace.NewAsync(server);
        await using var journals = await place.OpenAsync(SmallRows);
        var partition = await WithTwoSnapshotsAsync(journals, 5, batches: 60);
        var all = await partition.ReadAllAsync();
        await ArchiveAllAsync(journals, 5);

        foreach (var known in all)
        {
            Assert.Equal(known.Bytes.ToArray(), (await journals.FindAsync(5, known.Sequence))?.Bytes.ToArray());
            var behind = 0;
            await foreach (var batch in journals.ReadAsync(known.After)) behind++;
            Assert.Equal(all.Count - (int)known.Sequence, behind);
        }
        var snapshot = await journals.ReadNewestSnapshotAsync(5, image => image.ReadByte(), _ => { });
        Assert.Equal(all.Count, snapshot?.Point.Sequence);
    }

    [PostgresFact]
    public async Task Nothing_is_archived_that_both_snapshots_do_not_include()
    {
        var place = await PartitionPlace.NewAsync(server);
        await using var journals = await place.OpenAsync();
        Assert.Equal(0, await journals.ArchiveSomeAsync(5));
        var partition = await TestPartition.ActivateAsync(journals, 5);
        Assert.Equal(0, await journals.ArchiveSomeAsync(5));
        await partition.AppendManyAsync(3);
        await SnapshotAsync(journals, partition);
        Assert.Equal(0, await journals.ArchiveSomeAsync(5));
        await partition.AppendManyAsync(3);
        await SnapshotAsync(journals, partition);
        Assert.Equal(3, await journals.ArchiveSomeAsync(5));
        Assert.Equal(0, await journals.ArchiveSomeAsync(5));
    }

    [PostgresFact]
    public async Task A_batch_larger_than_a_row_goes_alone()
    {
        var place = await PartitionPlace.NewAsync(server);
        await using var journals = await place.OpenAsync(new() { ArchivedBatchBytesMax = 3_000_100 });
        var partition = await TestPartition.ActivateAsync(journals, 5);
        foreach (var size in new[] { 400_000, 3_000_000, 400_000, 400_000, 400_000, 1 })
            await partition.AppendAsync(size);
        await SnapshotAsync(journals, partition);
        await partition.AppendAsync();
        await SnapshotAsync(journals, partition);
        var before = await ContentAsync(partition);

        var moved = new List<int>();
        for (int some; (some = await journals.ArchiveSomeAsync(5)) > 0;) moved.Add(some);

        Assert.Equal([2, 1, 2, 1], moved);
        Assert.Equal(before, await ContentAsync(partition));
    }

    [PostgresFact]
    public async Task Large_batches_stay_in_the_journal_and_replay_goes_to_and_fro()
    {
        var options = SmallRows with { ArchivedBatchBytesMax = 400 };
        var place = await PartitionPlace.NewAsync(server);
        await using var journals = await place.OpenAsync(options);
        var partition = await TestPartition.ActivateAsync(journals, 5);
        // Stretches as rows have them, of 2,000 bytes at most: small, large, large, small, and one batch too large.
        int[][] stretches =
        [
            [.. Enumerable.Repeat(10, 9), 800], [1_500], [900, 900], [.. Enumerable.Repeat(200, 6)], [5_000], [1],
        ];
        foreach (var size in stretches.SelectMany(sizes => sizes)) await partition.AppendAsync(size);
        await SnapshotAsync(journals, partition);
        await partition.AppendAsync();
        await SnapshotAsync(journals, partition);
        var before = await ContentAsync(partition);

        var moved = new List<int>();
        for (int some; (some = await journals.ArchiveSomeAsync(5)) > 0; moved.Add(some))
            Assert.Equal(before, await ContentAsync(partition));

        // The activation is a batch too, and the last one is where the older snapshot was taken.
        Assert.Equal([11, 6], moved);
        Assert.Equal(before.Count - 17, await place.CountAsync("SELECT count(*) FROM partition_journal"));
        Assert.Equal(before, await ContentAsync(partition));
        // Who has not seen what stays looks again, and finds the same.
        await using var elsewhere = await place.OpenAsync(options);
        Assert.Equal(0, await elsewhere.ArchiveSomeAsync(5));
        foreach (var known in await partition.ReadAllAsync())
        {
            Assert.Equal(known.Bytes.ToArray(), (await elsewhere.FindAsync(5, known.Sequence))?.Bytes.ToArray());
            var behind = 0;
            await foreach (var batch in elsewhere.ReadAsync(known.After)) behind++;
            Assert.Equal(before.Count - (int)known.Sequence, behind);
        }
        await place.ExecuteAsync("DELETE FROM partition_journal WHERE sequence = 12");
        var damaged = await Assert.ThrowsAsync<PartitionDamagedException>(() => partition.ReadAllAsync());
        Assert.Equal(12, damaged.Sequence);
    }

    [PostgresFact]
    public async Task The_archive_is_smaller_than_what_went_into_it()
    {
        var place = await PartitionPlace.NewAsync(server);
        await using var journals = await place.OpenAsync(new() { ArchivedBatchBytesMax = 1 << 20 });
        var partition = await TestPartition.ActivateAsync(journals, 5);
        await partition.AppendAsync(1);
        var body = new byte[120_000];
        for (var i = 0; i < body.Length; i++) body[i] = (byte)(i % 120 < 40 ? i * 31 ^ i >> 7 : 0);
        for (var i = 0; i < 8; i++) await partition.AppendAsync(body);
        await SnapshotAsync(journals, partition);
        await partition.AppendAsync();
        await SnapshotAsync(journals, partition);

        await ArchiveAllAsync(journals, 5);

        var bytes = await place.CountAsync("SELECT sum(octet_length(payload)) FROM partition_archive");
        Assert.InRange(bytes, 1, 7 * body.Length / 2);
    }

    [PostgresFact]
    public async Task A_damaged_row_of_the_archive_is_found_and_named_and_a_missing_one_too()
    {
        const string First = "WHERE last_sequence = (SELECT min(last_sequence) FROM partition_archive)";
        (string Sql, string Fault)[] damages =
        [
            ($"UPDATE partition_archive SET payload = set_byte(payload, 300, 255 - get_byte(payload, 300)) {First}",
                "checksum"),
            ($"UPDATE partition_archive SET payload = set_byte(payload, 8, 255 - get_byte(payload, 8)) {First}",
                "checksum"),
            ($"UPDATE partition_archive SET payload = substring(payload for 19) {First}", "begin"),
            ("UPDATE partition_archive SET payload = "
                + $"(SELECT payload FROM partition_archive ORDER BY last_sequence DESC LIMIT 1) {First}", "place"),
            ($"DELETE FROM partition_archive {First}", "missing"),
        ];
        foreach (var (sql, fault) in damages)
        {
            var place = await PartitionPlace.NewAsync(server);
            await using var journals = await place.OpenAsync(SmallRows);
            var partition = await WithTwoSnapshotsAsync(journals, 5, batches: 60);
            await ArchiveAllAsync(journals, 5);
            Assert.Equal(1, await place.ExecuteAsync(sql));

            var damaged = await Assert.ThrowsAsync<PartitionDamagedException>(() => partition.ReadAllAsync());

            Assert.Equal(5, damaged.Partition);
            Assert.Contains(fault, damaged.Message, StringComparison.Ordinal);
        }
    }

    [PostgresFact]
    public async Task What_is_damaged_is_not_archived()
    {
        var place = await PartitionPlace.NewAsync(server);
        await using var journals = await place.OpenAsync();
        await WithTwoSnapshotsAsync(journals, 5, batches: 20);
        await place.ExecuteAsync(
            "UPDATE partition_journal SET payload = set_byte(payload, 80, 255 - get_byte(payload, 80)) "
            + "WHERE sequence = 8");

        var damaged = await Assert.ThrowsAsync<PartitionDamagedException>(() => journals.ArchiveSomeAsync(5));

        Assert.Equal((5, 8), (damaged.Partition, damaged.Sequence));
        Assert.Equal(31, await place.CountAsync("SELECT count(*) FROM partition_journal"));
    }

    [PostgresFact]
    public async Task A_step_that_fails_in_the_middle_changes_nothing_and_the_next_does_it()
    {
        var place = await PartitionPlace.NewAsync(server);
        await using var journals = await place.OpenAsync(SmallRows);
        var partition = await WithTwoSnapshotsAsync(journals, 5, batches: 60);
        var before = await ContentAsync(partition);
        await journals.ArchiveSomeAsync(5);
        // Between the deletion and the archive's row, and then at the commit.
        foreach (var (timing, deferred) in new[] { ("BEFORE", ""), ("AFTER", "DEFERRABLE INITIALLY DEFERRED") })
        {
            await place.ExecuteAsync($"""
                CREATE OR REPLACE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql
                AS $$ BEGIN RAISE 'refused'; END $$;
                CREATE {(deferred.Length > 0 ? "CONSTRAINT" : "")} TRIGGER refusing {timing} INSERT ON partition_archive
                {deferred} FOR EACH ROW EXECUTE FUNCTION refuse();
                """);
            await Assert.ThrowsAsync<StateUnavailableException>(() => journals.ArchiveSomeAsync(5));
            Assert.Equal(before, await ContentAsync(partition));
            await place.ExecuteAsync("DROP TRIGGER refusing ON partition_archive");
        }

        await ArchiveAllAsync(journals, 5);
        Assert.Equal(before, await ContentAsync(partition));
    }

    [PostgresFact]
    public async Task Replay_is_whole_while_several_processes_archive_and_their_sessions_are_killed()
    {
        var place = await PartitionPlace.NewAsync(server);
        await using var journals = await place.OpenAsync(SmallRows with { ArchiveRowBytesMax = 400 });
        await using var elsewhere = await place.OpenAsync(SmallRows with { ArchiveRowBytesMax = 700 });
        var partition = await WithTwoSnapshotsAsync(journals, 5, batches: 400);
        var before = await ContentAsync(partition);
        var archivers = new[] { journals, elsewhere, journals }.Select(each => Task.Run(() => ArchiveAllAsync(each, 5)))
            .ToList();
        var archiving = Task.WhenAll(archivers);

        var replays = 0;
        for (; !archiving.IsCompleted; replays++)
        {
            if (replays % 3 == 1) await place.KillSessionsAsync();
            try
            {
                Assert.Equal(before, await ContentAsync(partition));
            }
            catch (StateUnavailableException)
            {
                // Its session was killed too.
            }
        }
        await archiving;

        output.WriteLine($"{replays} replays meanwhile");
        Assert.Equal(before, await ContentAsync(partition));
        Assert.Equal(11, await place.CountAsync("SELECT count(*) FROM partition_journal"));
        Assert.Equal(400, await place.CountAsync(
            "SELECT sum(last_sequence - first_sequence + 1)::bigint FROM partition_archive"));
    }

    // An activation, so many batches, a snapshot at the last of them, ten more, and a second snapshot.
    private static async Task<TestPartition> WithTwoSnapshotsAsync(
        PartitionJournals journals, int number, int batches)
    {
        var partition = await TestPartition.ActivateAsync(journals, number);
        await partition.AppendManyAsync(batches);
        await SnapshotAsync(journals, partition);
        await partition.AppendManyAsync(10);
        await SnapshotAsync(journals, partition);
        return partition;
    }

    private static Task SnapshotAsync(PartitionJournals journals, TestPartition partition) =>
        journals.WriteSnapshotAsync(partition.Point, image => image.WriteByte(7));

    private static async Task ArchiveAllAsync(PartitionJournals journals, int partition)
    {
        // 0 may also mean that another process was faster, so it is asked twice.
        for (var nothing = 0; nothing < 2;)
        {
            try
            {
                if (await journals.ArchiveSomeAsync(partition) == 0) nothing++;
                else nothing = 0;
            }
            catch (StateUnavailableException)
            {
                // Asking again is harmless.
            }
        }
    }

    private static async Task<List<string>> ContentAsync(TestPartition partition) =>
        [.. (await partition.ReadAllAsync()).Select(batch => Convert.ToHexString(batch.Bytes.Span))];
}
