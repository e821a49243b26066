using System.Runtime.CompilerServices;
using OrleansWallet.Storage.Partitions;
using OrleansWallet.Storage.Tests.Support;
using OrleansWallet.Testing;

namespace OrleansWallet.Storage.Tests.Partitions;

[Collection(PostgresCollection.Name)]
public sealed class PartitionIndexTests(PostgresServer server)
{
    // Portions of some pages only, so that every limit is met.
    private static readonly PartitionStoreOptions Small = new() { IndexPortionBytes = 10_000, IndexPagesMax = 7 };
    private static readonly int[] Sizes = [4, 0, 1_540, 3_000, 4_000, 5_000, 20_000];

    [PostgresFact]
    public async Task Pages_are_read_as_they_were_written_in_any_order_and_from_many_runs_at_once()
    {
        var place = await PartitionPlace.NewAsync(server);
        await using var journals = await place.OpenAsync(Small);
        var runs = new[] { Guid.NewGuid(), Guid.NewGuid(), Guid.NewGuid() };
        foreach (var run in runs) await WriteAsync(journals, run, 3, pages: 40);

        var asked = Enumerable.Range(0, 200).Select(i => new IndexPageKey(runs[i % 3], i * 17 % 40)).ToArray();
        var found = await journals.ReadPagesAsync(2, asked);

        Assert.Equal(asked.Select(PageOf), found);
        Assert.Equal(
            [runs[1], runs[0], runs[1]],
            (await journals.ReadHeadersAsync(2, [runs[1], runs[0], runs[1]])).Select(header => new Guid(header)));
        Assert.Empty(await journals.ReadPagesAsync(2, []));
        Assert.Empty(await journals.ReadHeadersAsync(2, []));
    }

    [PostgresFact]
    public async Task A_page_of_usual_size_lies_in_its_row()
    {
        var place = await PartitionPlace.NewAsync(server);
        await using var journals = await place.OpenAsync();
        await journals.WriteRunAsync(2, Guid.NewGuid(), 1, Pages(new byte[3_972], new byte[1_540]), () => [1]);

        Assert.Equal(0, await place.CountAsync("""
            SELECT pg_relation_size(reltoastrelid) FROM pg_class WHERE relname = 'partition_index_page'
            """));
    }

    [PostgresFact]
    public async Task A_missing_page_is_told_apart_from_a_run_that_is_gone()
    {
        var place = await PartitionPlace.NewAsync(server);
        await using var journals = await place.OpenAsync(Small);
        var run = Guid.NewGuid();
        await WriteAsync(journals, run, 3, pages: 40);
        await place.ExecuteAsync("DELETE FROM partition_index_page WHERE page = 30");

        var missing = await Assert.ThrowsAsync<PartitionIndexDamagedException>(
            () => journals.ReadPagesAsync(2, [.. Enumerable.Range(0, 40).Select(page => new IndexPageKey(run, page))]));
        var gone = await Assert.ThrowsAsync<PartitionIndexDamagedException>(
            () => journals.ReadPagesAsync(2, [new IndexPageKey(Guid.Empty, 0)]));
        var goneToo = await Assert.ThrowsAsync<PartitionIndexDamagedException>(
            () => journals.ReadHeadersAsync(2, [run, Guid.Empty]));
        // Another partition's isn't this one's.
        await Assert.ThrowsAsync<PartitionIndexDamagedException>(() => journals.ReadHeadersAsync(3, [run]));

        Assert.Equal((run, false, 2), (missing.Run, missing.IsGone, missing.Partition));
        Assert.Contains("page 30", missing.Message, StringComparison.Ordinal);
        Assert.Equal((Guid.Empty, true, true), (gone.Run, gone.IsGone, goneToo.IsGone));
    }

    [PostgresFact]
    public async Task A_run_that_was_not_completed_is_not_there_and_goes_with_a_later_snapshot()
    {
        var place = await PartitionPlace.NewAsync(server);
        await using var journals = await place.OpenAsync(Small);
        var partition = await TestPartition.ActivateAsync(journals, 2);
        var (cancelled, failed) = (Guid.NewGuid(), Guid.NewGuid());
        using var cancel = new CancellationTokenSource();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => journals.WriteRunAsync(
            2, cancelled, 1, PagesThen(cancelled, 30, cancel.Cancel), () => [1], cancel.Token));
        await Assert.ThrowsAsync<NotSupportedException>(() => journals.WriteRunAsync(
            2, failed, 1, PagesThen(failed, 30, () => throw new NotSupportedException("the process ends")),
            () => [1]));

        Assert.True(await PagesAsync(place) > 20);
        foreach (var run in new[] { cancelled, failed })
        {
            var gone = await Assert.ThrowsAsync<PartitionIndexDamagedException>(
                () => journals.ReadHeadersAsync(2, [run]));
            Assert.True(gone.IsGone);
            await Assert.ThrowsAsync<PartitionIndexDamagedException>(() => SnapshotAsync(journals, partition, run));
        }
        for (var i = 0; i < 2; i++)
        {
            Assert.True(await PagesAsync(place) > 20);
            await partition.AppendAsync();
            await SnapshotAsync(journals, partition);
        }
        Assert.Equal((0, 0), (await PagesAsync(place), await RunsAsync(place)));
    }

    [PostgresFact]
    public async Task A_run_stays_while_one_of_the_two_snapshots_names_it_and_while_it_is_newer_than_the_older()
    {
        var place = await PartitionPlace.NewAsync(server);
        await using var journals = await place.OpenAsync(Small);
        var partition = await TestPartition.ActivateAsync(journals, 2);
        var (first, second, third) = (Guid.NewGuid(), Guid.NewGuid(), Guid.NewGuid());
        await WriteAsync(journals, first, partition.Point.Sequence);
        await SnapshotAsync(journals, partition, first);
        await partition.AppendAsync();
        await WriteAsync(journals, second, partition.Point.Sequence);
        await SnapshotAsync(journals, partition, second);
        // Nobody names the third yet, and it is of the same batch as a snapshot.
        await WriteAsync(journals, third, partition.Point.Sequence);
        Assert.Equal([first, second, third], await ThereAsync(journals, first, second, third));

        await partition.AppendAsync();
        await SnapshotAsync(journals, partition, second);
        Assert.Equal([second, third], await ThereAsync(journals, first, second, third));
        Assert.Equal(2, await RunsAsync(place));

        await partition.AppendAsync();
        await SnapshotAsync(journals, partition);
        Assert.Equal([second], await ThereAsync(journals, second, third));
        await partition.AppendAsync();
        await SnapshotAsync(journals, partition);
        Assert.Equal((0, 0), (await PagesAsync(place), await RunsAsync(place)));
    }

    [PostgresFact]
    public async Task Another_partitions_runs_are_left_alone()
    {
        var place = await PartitionPlace.NewAsync(server);
        await using var journals = await place.OpenAsync(Small);
        var run = Guid.NewGuid();
        await journals.WriteRunAsync(5, run, 1, PagesThen(run, 12, () => { }), () => [1]);
        var partition = await TestPartition.ActivateAsync(journals, 2);
        for (var i = 0; i < 3; i++)
        {
            await partition.AppendAsync();
            await SnapshotAsync(journals, partition);
        }

        Assert.Single(await journals.ReadHeadersAsync(5, [run]));
    }

    [PostgresFact]
    public async Task A_stale_activations_snapshot_deletes_nothing_that_others_need_and_fails_where_its_own_is_gone()
    {
        var place = await PartitionPlace.NewAsync(server);
        await using var journals = await place.OpenAsync(Small);
        await using var elsewhere = await place.OpenAsync(Small);
        var older = await TestPartition.ActivateAsync(journals, 2);
        await older.AppendAsync();
        var (stale, lost, named, unnamed) = (Guid.NewGuid(), Guid.NewGuid(), Guid.NewGuid(), Guid.NewGuid());
        await WriteAsync(journals, stale, older.Point.Sequence);
        await WriteAsync(journals, lost, older.Point.Sequence);
        var newer = await TestPartition.ActivateAsync(elsewhere, 2);
        await WriteAsync(elsewhere, named, newer.Point.Sequence);
        await SnapshotAsync(elsewhere, newer, named, stale);
        await newer.AppendAsync();
        await SnapshotAsync(elsewhere, newer, named, stale);
        await WriteAsync(elsewhere, unnamed, newer.Point.Sequence);

        // The point is the journal's, so its snapshot may be written; it is no longer one of the newest two.
        await SnapshotAsync(journals, older, stale);
        var gone = await Assert.ThrowsAsync<PartitionIndexDamagedException>(
            () => SnapshotAsync(journals, older, stale, lost));

        Assert.Equal((lost, true), (gone.Run, gone.IsGone));
        Assert.Equal([stale, named, unnamed], await ThereAsync(journals, stale, lost, named, unnamed));
    }

    [PostgresFact]
    public async Task A_run_that_is_deleted_while_it_is_written_leaves_nothing()
    {
        var place = await PartitionPlace.NewAsync(server);
        await using var journals = await place.OpenAsync(Small);
        await using var elsewhere = await place.OpenAsync(Small);
        var partition = await TestPartition.ActivateAsync(elsewhere, 2);
        var run = Guid.NewGuid();
        var deleted = new TaskCompletionSource();
        var begun = new TaskCompletionSource();

        var writing = journals.WriteRunAsync(2, run, 1, WaitingPages(run, begun, deleted.Task), () => [1]);
        await begun.Task;
        for (var i = 0; i < 2; i++)
        {
            await partition.AppendAsync();
            await SnapshotAsync(elsewhere, partition);
        }
        deleted.SetResult();

        var gone = await Assert.ThrowsAsync<PartitionIndexDamagedException>(() => writing);
        Assert.True(gone.IsGone);
        Assert.Equal((0, 0), (await PagesAsync(place), await RunsAsync(place)));
    }

    [PostgresFact]
    public async Task What_is_condemned_and_not_deleted_yet_goes_with_the_next_snapshot()
    {
        var place = await PartitionPlace.NewAsync(server);
        await using var journals = await place.OpenAsync(Small);
        var partition = await TestPartition.ActivateAsync(journals, 2);
        var run = Guid.NewGuid();
        await WriteAsync(journals, run, 1);
        await place.ExecuteAsync("UPDATE partition_index_run SET condemned = true");

        var gone = await Assert.ThrowsAsync<PartitionIndexDamagedException>(
            () => journals.ReadHeadersAsync(2, [run]));
        Assert.True(gone.IsGone);
        await Assert.ThrowsAsync<PartitionIndexDamagedException>(() => SnapshotAsync(journals, partition, run));
        Assert.Equal(0, await place.CountAsync("SELECT count(*) FROM partition_snapshot"));
        await SnapshotAsync(journals, partition);

        Assert.Equal((0, 0), (await PagesAsync(place), await RunsAsync(place)));
    }

    [PostgresFact]
    public async Task A_partition_whose_index_is_distrusted_has_no_snapshot_and_its_runs_go_with_later_ones()
    {
        var place = await PartitionPlace.NewAsync(server);
        await using var journals = await place.OpenAsync(Small);
        var other = await TestPartition.ActivateAsync(journals, 3);
        await SnapshotAsync(journals, other);
        var partition = await TestPartition.ActivateAsync(journals, 2);
        var run = Guid.NewGuid();
        await WriteAsync(journals, run, 1);
        await SnapshotAsync(journals, partition, run);

        await journals.DistrustAsync(2);
        await journals.DistrustAsync(2);

        Assert.Null(await ReadAsync(journals, 2));
        Assert.NotNull(await ReadAsync(journals, 3));
        for (var i = 0; i < 2; i++)
        {
            await partition.AppendAsync();
            await SnapshotAsync(journals, partition);
        }
        Assert.Equal((0, 0), (await PagesAsync(place), await RunsAsync(place)));
    }

    [PostgresFact]
    public async Task Lookups_and_the_journal_go_on_while_several_runs_are_written()
    {
        var place = await PartitionPlace.NewAsync(server);
        await using var journals = await place.OpenAsync(Small with { ReadersMax = 2 });
        var partition = await TestPartition.ActivateAsync(journals, 2);
        var known = Guid.NewGuid();
        await WriteAsync(journals, known, 1);
        var begun = Enumerable.Range(0, 8).Select(_ => new TaskCompletionSource()).ToArray();
        var goOn = new TaskCompletionSource();
        var writing = begun.Select(one =>
        {
            var run = Guid.NewGuid();
            return journals.WriteRunAsync(2, run, 1, WaitingPages(run, one, goOn.Task), () => [1]);
        }).ToArray();
        await Task.WhenAll(begun.Select(one => one.Task));

        // Eight are half-way, and none of them holds one of the two connections.
        await partition.AppendAsync();
        Assert.Equal(2, (await journals.ReadPagesAsync(2, [new(known, 0), new(known, 1)])).Length);
        goOn.SetResult();
        await Task.WhenAll(writing);

        Assert.Equal(9, await RunsAsync(place));
    }

    [PostgresFact]
    public async Task Reading_goes_on_after_its_connections_were_lost()
    {
        var place = await PartitionPlace.NewAsync(server);
        await using var journals = await place.OpenAsync(Small);
        var run = Guid.NewGuid();
        await WriteAsync(journals, run, 1);
        await place.KillSessionsAsync();

        Assert.Equal([PageOf(new(run, 1))], await journals.ReadPagesAsync(2, [new(run, 1)]));
    }

    private static byte[] PageOf(IndexPageKey key)
    {
        var page = new byte[Sizes[key.Page % Sizes.Length]];
        new Random(HashCode.Combine(key.Run.GetHashCode(), key.Page)).NextBytes(page);
        return page;
    }

    private static Task WriteAsync(PartitionJournals journals, Guid run, long sequence, int pages = 30) =>
        journals.WriteRunAsync(2, run, sequence, PagesThen(run, pages, () => { }), () => run.ToByteArray());

    private static async IAsyncEnumerable<byte[]> Pages(params byte[][] pages)
    {
        await Task.CompletedTask;
        foreach (var page in pages) yield return page;
    }

    private static async IAsyncEnumerable<byte[]> PagesThen(Guid run, int count, Action then)
    {
        await Task.CompletedTask;
        for (var i = 0; i < count; i++) yield return PageOf(new IndexPageKey(run, i));
        then();
    }

    private static async IAsyncEnumerable<byte[]> WaitingPages(
        Guid run, TaskCompletionSource begun, Task goOn, [EnumeratorCancellation] CancellationToken cancel = default)
    {
        for (var i = 0; i < 60; i++)
        {
            if (i == 30)
            {
                begun.SetResult();
                await goOn.WaitAsync(cancel);
            }
            yield return PageOf(new IndexPageKey(run, i));
        }
    }

    private static Task SnapshotAsync(PartitionJournals journals, TestPartition partition, params Guid[] runs) =>
        journals.WriteSnapshotAsync(partition.Point, runs, image => image.Write([1, 2, 3]));

    private static Task<PartitionSnapshot<int>?> ReadAsync(PartitionJournals journals, int partition) =>
        journals.ReadNewestSnapshotAsync(partition, image => image.ReadByte(), notice => Assert.Fail(notice));

    private static async Task<List<Guid>> ThereAsync(PartitionJournals journals, params Guid[] runs)
    {
        var there = new List<Guid>();
        foreach (var run in runs)
        {
            try
            {
                await journals.ReadHeadersAsync(2, [run]);
                await journals.ReadPagesAsync(2, [new IndexPageKey(run, 0), new IndexPageKey(run, 29)]);
                there.Add(run);
            }
            catch (PartitionIndexDamagedException gone) when (gone.IsGone)
            {
                // It isn't there.
            }
        }
        return there;
    }

    private static Task<long> PagesAsync(PartitionPlace place) =>
        place.CountAsync("SELECT count(*) FROM partition_index_page");

    private static Task<long> RunsAsync(PartitionPlace place) =>
        place.CountAsync("SELECT count(*) FROM partition_index_run");
}
