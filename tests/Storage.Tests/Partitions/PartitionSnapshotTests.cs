using OrleansWallet.Storage.Partitions;
using OrleansWallet.Storage.Tests.Support;
using OrleansWallet.Testing;

namespace OrleansWallet.Storage.Tests.Partitions;

[Collection(PostgresCollection.Name)]
public sealed class PartitionSnapshotTests(PostgresServer server)
{
    private static readonly PartitionStoreOptions SmallChunks = new() { SnapshotChunkBytes = 1_000 };
    private readonly List<string> notices = [];

    [PostgresFact]
    public async Task A_snapshot_of_any_size_is_read_as_it_was_written_and_the_journal_goes_on_from_it()
    {
        var place = await PartitionPlace.NewAsync(server);
        await using var journals = await place.OpenAsync(SmallChunks);
        var partition = await TestPartition.ActivateAsync(journals, 2);
        foreach (var size in new[] { 0, 1, 999, 1_000, 1_001, 2_000, 123_456 })
        {
            await partition.AppendAsync();
            await WriteAsync(journals, partition.Point, Image(size));
            var point = partition.Point;
            await partition.AppendAsync();

            var found = await ReadAsync(journals, 2);

            Assert.Equal(point, found?.Point);
            Assert.Equal(Image(size), found?.State);
            var behind = new List<long>();
            await foreach (var batch in journals.ReadAsync(point)) behind.Add(batch.Sequence);
            Assert.Equal([point.Sequence + 1], behind);
        }
        Assert.Null(await ReadAsync(journals, 3));
        Assert.Empty(notices);
    }

    [PostgresFact]
    public async Task The_newest_two_are_kept_and_nothing_of_older_ones()
    {
        var place = await PartitionPlace.NewAsync(server);
        await using var journals = await place.OpenAsync(SmallChunks);
        var other = await TestPartition.ActivateAsync(journals, 1);
        await WriteAsync(journals, other.Point, Image(10));
        var partition = await TestPartition.ActivateAsync(journals, 2);
        for (var i = 0; i < 5; i++)
        {
            await partition.AppendAsync();
            await WriteAsync(journals, partition.Point, Image(2_500));
        }

        Assert.Equal(2, await place.CountAsync("SELECT count(*) FROM partition_snapshot WHERE partition = 2"));
        Assert.Equal(6, await place.CountAsync("SELECT count(*) FROM partition_snapshot_chunk WHERE partition = 2"));
        Assert.NotNull(await ReadAsync(journals, 1));
    }

    [PostgresFact]
    public async Task One_that_was_not_completed_is_not_seen_and_goes_when_two_newer_ones_are_there()
    {
        var place = await PartitionPlace.NewAsync(server);
        await using var journals = await place.OpenAsync(SmallChunks);
        var partition = await TestPartition.ActivateAsync(journals, 2);
        await WriteAsync(journals, partition.Point, Image(10));
        var complete = partition.Point;
        await partition.AppendAsync();

        await Assert.ThrowsAsync<NotSupportedException>(() => journals.WriteSnapshotAsync(partition.Point, image =>
        {
            image.Write(Image(5_500));
            throw new NotSupportedException("the process ends");
        }));
        using var cancel = new CancellationTokenSource();
        var cancelled = journals.WriteSnapshotAsync(partition.Point, image =>
        {
            image.Write(Image(1_500));
            cancel.Cancel();
            image.Write(Image(1_500));
        }, cancel.Token);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => cancelled);

        Assert.Equal(complete, (await ReadAsync(journals, 2))?.Point);
        Assert.Equal(7, await place.CountAsync("SELECT count(*) FROM partition_snapshot_chunk WHERE partition = 2"));
        for (var i = 0; i < 2; i++)
        {
            await partition.AppendAsync();
            await WriteAsync(journals, partition.Point, Image(10));
        }
        Assert.Equal(2, await place.CountAsync("SELECT count(*) FROM partition_snapshot_chunk WHERE partition = 2"));
        Assert.Empty(notices);
    }

    [PostgresFact]
    public async Task A_damaged_snapshot_is_passed_over_with_a_notice_and_two_of_them_leave_none()
    {
        const string Newest = "WHERE sequence = (SELECT max(sequence) FROM partition_snapshot)";
        string[] damages =
        [
            $"UPDATE partition_snapshot_chunk SET payload = set_byte(payload, 9, 255 - get_byte(payload, 9)) {Newest} "
                + "AND chunk = 1",
            $"DELETE FROM partition_snapshot_chunk {Newest} AND chunk = 2",
            $"DELETE FROM partition_snapshot_chunk {Newest} AND chunk = 0",
            $"UPDATE partition_snapshot_chunk SET payload = substring(payload for 100) {Newest} AND chunk = 2",
            $"UPDATE partition_snapshot SET header = set_byte(header, 30, 255 - get_byte(header, 30)) {Newest}",
            $"UPDATE partition_snapshot SET header = substring(header for 107) {Newest}",
            $"UPDATE partition_snapshot SET header = (SELECT header FROM partition_snapshot LIMIT 1) {Newest}",
        ];
        var place = await PartitionPlace.NewAsync(server);
        await using var journals = await place.OpenAsync(SmallChunks);
        var partition = await TestPartition.ActivateAsync(journals, 2);
        await WriteAsync(journals, partition.Point, Image(2_500));
        foreach (var damage in damages)
        {
            var before = partition.Point;
            await partition.AppendAsync();
            await WriteAsync(journals, partition.Point, Image(2_500));
            Assert.Equal(1, await place.ExecuteAsync(damage));
            notices.Clear();

            var found = await ReadAsync(journals, 2);

            Assert.Equal(before, found?.Point);
            Assert.Contains($"partition 2 after batch {partition.Point.Sequence} is passed", Assert.Single(notices),
                StringComparison.Ordinal);
            // One at the same point takes the place of the damaged one.
            await WriteAsync(journals, partition.Point, Image(2_500));
            Assert.Equal(partition.Point, (await ReadAsync(journals, 2))?.Point);
        }
        await place.ExecuteAsync("DELETE FROM partition_snapshot_chunk WHERE chunk = 1");
        notices.Clear();
        Assert.Null(await ReadAsync(journals, 2));
        Assert.Equal(2, notices.Count);
    }

    [PostgresFact]
    public async Task What_a_reader_throws_is_damage_only_where_the_image_is_damaged()
    {
        var place = await PartitionPlace.NewAsync(server);
        await using var journals = await place.OpenAsync(SmallChunks);
        var partition = await TestPartition.ActivateAsync(journals, 2);
        await WriteAsync(journals, partition.Point, Image(2_500));

        await Assert.ThrowsAsync<FormatException>(() => journals.ReadNewestSnapshotAsync<int>(
            2, _ => throw new FormatException("a bug"), notices.Add));
        await place.ExecuteAsync("UPDATE partition_snapshot_chunk SET payload = set_byte(payload, 0, 99)");
        var found = await journals.ReadNewestSnapshotAsync<byte[]>(
            2, _ => throw new FormatException("no bug"), notices.Add);

        Assert.Null(found);
        Assert.Single(notices);
    }

    [PostgresFact]
    public async Task A_snapshot_of_what_was_never_written_is_refused()
    {
        var place = await PartitionPlace.NewAsync(server);
        await using var journals = await place.OpenAsync();
        await using var elsewhere = await place.OpenAsync();
        var older = await TestPartition.ActivateAsync(journals, 2);
        var newer = await TestPartition.ActivateAsync(elsewhere, 2);
        await Assert.ThrowsAsync<PartitionFencedException>(() => older.AppendAsync());
        var (_, fenced) = Batches.Records(older.Point);

        await Assert.ThrowsAsync<PartitionFencedException>(() => WriteAsync(journals, fenced, Image(1)));
        await Assert.ThrowsAsync<PartitionFencedException>(
            () => WriteAsync(journals, newer.Point with { NextEvent = 9 }, Image(1)));

        Assert.Null(await ReadAsync(journals, 2));
    }

    [PostgresFact]
    public async Task Snapshots_are_written_while_the_journal_goes_on()
    {
        var place = await PartitionPlace.NewAsync(server);
        await using var journals = await place.OpenAsync(new PartitionStoreOptions { SnapshotChunkBytes = 10_000 });
        var partition = await TestPartition.ActivateAsync(journals, 2);
        var point = partition.Point;
        using var goOn = new SemaphoreSlim(0);

        var writing = journals.WriteSnapshotAsync(point, image =>
        {
            for (var i = 0; i < 5; i++)
            {
                image.Write(Image(15_000));
                goOn.Wait();
            }
        });
        for (var i = 0; i < 5; i++)
        {
            await partition.AppendAsync();
            Assert.Null(await ReadAsync(journals, 2));
            goOn.Release();
        }
        await writing;

        Assert.Equal(point, (await ReadAsync(journals, 2))?.Point);
    }

    private static Task WriteAsync(PartitionJournals journals, PartitionPoint point, byte[] image) =>
        journals.WriteSnapshotAsync(point, stream => stream.Write(image));

    private Task<PartitionSnapshot<byte[]>?> ReadAsync(PartitionJournals journals, int partition) =>
        journals.ReadNewestSnapshotAsync(partition, image =>
        {
            using var copy = new MemoryStream();
            image.CopyTo(copy);
            return copy.ToArray();
        }, notices.Add);

    private static byte[] Image(int size)
    {
        var image = new byte[size];
        new Random(size).NextBytes(image);
        return image;
    }
}
