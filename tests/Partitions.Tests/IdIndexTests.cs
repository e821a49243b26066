using OrleansWallet.Ledger;
using OrleansWallet.Partitions.Ids;
using OrleansWallet.Partitions.Tests.Support;
using OrleansWallet.Storage;
using OrleansWallet.Storage.Partitions;
using OrleansWallet.Testing;

namespace OrleansWallet.Partitions.Tests;

/// <summary>Ids of every age are known, in memory or by asking; others are not.</summary>
public sealed class IdIndexTests(PostgresServer server) : IClassFixture<PostgresServer>
{
    private const int Enough = 1 << 26;
    private readonly MemoryIndex pages = new();

    [Theory]
    [InlineData((int)IdIndexKind.Claims, Enough)]
    [InlineData((int)IdIndexKind.Claims, 20_000)]
    [InlineData((int)IdIndexKind.Claims, 0)]
    [InlineData((int)IdIndexKind.Recorded, Enough)]
    public async Task It_is_like_a_dictionary_whatever_becomes_of_its_tables_and_runs(int kind, int filterBytesMax)
    {
        for (var seed = 1; seed <= 12; seed++)
        {
            var index = new CheckedIndex(pages, (IdIndexKind)kind, filterBytesMax, seed);
            var random = new Random(seed);
            for (var step = 0; step < 40; step++)
            {
                index.Add(random.Next(4) == 0 ? random.Next(3_000) : random.Next(100));
                switch (random.Next(4))
                {
                    case 0:
                        pages.PagesLeft = random.Next(20);
                        try
                        {
                            await index.WriteAsync();
                        }
                        catch (StateUnavailableException)
                        {
                            // The tables set aside go with the next update.
                        }
                        pages.PagesLeft = int.MaxValue;
                        break;
                    case 1:
                        await index.WriteAsync();
                        Assert.Equal(0, index.Index.RecentCount);
                        if (random.Next(2) == 0) await index.ReopenAsync();
                        break;
                    default:
                        break;
                }
                await index.CheckAsync(most: 400);
            }
            await index.CheckAsync();
        }
    }

    [Fact]
    public async Task Eight_runs_of_a_size_become_one_and_are_read_some_pages_at_a_time()
    {
        var index = new CheckedIndex(pages, IdIndexKind.Claims, Enough, seed: 1);
        var runs = new List<int>();
        for (var i = 0; i < 7; i++)
        {
            index.Add(70_000);
            await index.WriteAsync();
            runs.Add(index.Manifest.Runs.Count);
        }
        for (var i = 0; i < 8; i++)
        {
            index.Add(10);
            await index.WriteAsync();
            runs.Add(index.Manifest.Runs.Count);
        }
        Assert.Equal([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 8], runs);
        index.Add(70_000);
        await index.WriteAsync();
        Assert.Equal(2, index.Manifest.Runs.Count);
        Assert.InRange(pages.PagesAskedMost, 1, 64);

        var (known, _) = await index.CheckAsync(most: 20_000);
        Assert.Equal(20_000, known);
        await index.ReopenAsync();
        await index.CheckAsync(most: 20_000);
    }

    [Fact]
    public async Task Filters_know_nearly_all_ids_that_are_not_there_and_the_smallest_runs_keep_theirs_first()
    {
        var index = new CheckedIndex(pages, IdIndexKind.Claims, Enough, seed: 1);
        foreach (var count in new[] { 20_000, 1_000, 300 })
        {
            index.Add(count);
            await index.WriteAsync();
        }
        Assert.InRange((await index.CheckAsync(most: 20_000)).Unknown, 0, 30);
        await index.ReopenAsync();
        Assert.InRange((await index.CheckAsync(most: 20_000)).Unknown, 0, 30);
        // No room for the largest: each id that isn't known is asked for there, and only there.
        await index.ReopenAsync(index.Settings with { FilterBytesMax = 59_999 });
        var before = pages.PagesRead;
        Assert.Equal(1_000, (await index.CheckAsync(most: 1_000)).Unknown);
        Assert.InRange(pages.PagesRead - before, 1, (20_000 + 1_000 + 300) / 32 + 10);
        var some = Enumerable.Range(0, 100).Select(_ => index.NewId()).ToArray();
        before = pages.PagesRead;
        await index.Index.AskAsync(some);
        Assert.InRange(pages.PagesRead - before, 1, 102);
    }

    [Fact]
    public async Task A_filter_that_could_never_be_held_is_not_made_and_one_of_others_is_dropped_for_smaller_ones()
    {
        // 3 bytes an id: room for 1,000 ids.
        var index = new CheckedIndex(pages, IdIndexKind.Claims, 3_008, seed: 1);
        index.Add(1_000);
        await index.WriteAsync();
        Assert.InRange((await index.CheckAsync()).Unknown, 0, 5);
        index.Add(400);
        await index.WriteAsync();
        Assert.Equal(1_000, (await index.CheckAsync(most: 1_000)).Unknown);
        index.Add(1_100);
        await index.WriteAsync();

        var headers = index.Manifest.Runs.Select(run => IdRunHeader.Read(
            pages.Headers[run], CheckedIndex.Partition, run, IdIndexKind.Claims, index.Key)).ToArray();
        Assert.Equal([3_008, 1_216, 0], headers.Select(header => header.FilterBytes));
        await index.CheckAsync();
    }

    [Fact]
    public async Task What_memory_does_not_have_any_more_is_told_by_the_version()
    {
        var index = new CheckedIndex(pages, IdIndexKind.Recorded, 0, seed: 1);
        index.Add(10);
        await index.WriteAsync();
        var late = index.NewId();
        var none = await index.Index.AskAsync([late]);
        Assert.Equal(index.Index.Version, none.Version);
        index.Add(late);
        var update = index.Index.SetAside();
        Assert.Equal(IdFinding.Found, index.Index.Find(late, out _));
        await update.WriteAsync(2);
        Assert.Equal((IdFinding.Found, none.Version), (index.Index.Find(late, out _), index.Index.Version));

        index.Index.Adopt(update);

        Assert.Equal(IdFinding.MustAsk, index.Index.Find(late, out _));
        Assert.NotEqual(none.Version, index.Index.Version);
        Assert.NotNull((await index.Index.AskAsync([late])).Values[0]);
        // Nothing new, nothing changed.
        var version = index.Index.Version;
        await index.WriteAsync();
        Assert.Equal(version, index.Index.Version);
    }

    [Fact]
    public async Task Tables_whose_writing_failed_are_searched_on_and_written_with_the_next()
    {
        var index = new CheckedIndex(pages, IdIndexKind.Claims, Enough, seed: 1);
        for (var i = 0; i < 3; i++)
        {
            index.Add(500);
            pages.PagesLeft = 2;
            await Assert.ThrowsAsync<StateUnavailableException>(index.WriteAsync);
            Assert.Equal(500 * (i + 1), index.Index.RecentCount);
            Assert.Equal(0, (await index.CheckAsync()).Known);
        }
        pages.PagesLeft = int.MaxValue;
        index.Add(500);
        await index.WriteAsync();

        Assert.Single(index.Manifest.Runs);
        Assert.Equal(0, index.Index.RecentCount);
        Assert.Equal(2_000, (await index.CheckAsync()).Known);
    }

    [Fact]
    public async Task An_update_is_adopted_once_it_is_written_and_never_over_another()
    {
        var index = new CheckedIndex(pages, IdIndexKind.Claims, Enough, seed: 1);
        index.Add(10);
        var first = index.Index.SetAside();
        Assert.Throws<InvalidOperationException>(() => index.Index.Adopt(first));
        await first.WriteAsync(1);
        await Assert.ThrowsAsync<InvalidOperationException>(() => first.WriteAsync(1));
        index.Add(10);
        var second = index.Index.SetAside();
        await second.WriteAsync(2);
        index.Index.Adopt(second);

        Assert.Throws<InvalidOperationException>(() => index.Index.Adopt(first));
        Assert.Equal(20, (await index.CheckAsync()).Known);
    }

    [Fact]
    public async Task Ids_whose_hashes_begin_alike_are_told_apart()
    {
        var index = new CheckedIndex(pages, IdIndexKind.Claims, Enough, seed: 1);
        var hasher = new IdHash(index.Key);
        // The last of the table's slots, and the last page.
        var alike = Enumerable.Range(0, int.MaxValue).Select(_ => index.NewId())
            .Where(id => hasher.Of(id) >> 56 == 0xFF).Take(2_000).ToArray();
        foreach (var id in alike) index.Add(id);
        index.Add(100);
        await index.CheckAsync();
        await index.WriteAsync();
        await index.CheckAsync();
        for (var i = 0; i < 8; i++)
        {
            index.Add(20);
            await index.WriteAsync();
        }
        Assert.Equal(2, index.Manifest.Runs.Count);
        await index.CheckAsync();
    }

    [Fact]
    public async Task A_replay_holds_no_more_in_memory_than_its_limit_and_one_batch()
    {
        var index = new CheckedIndex(pages, IdIndexKind.Claims, Enough, seed: 1);
        for (var batch = 1; batch <= 100; batch++)
        {
            index.Add(90);
            await index.Index.WriteIfFullAsync(batch);
            Assert.InRange(index.Index.RecentCount, 0, 999);
        }
        Assert.InRange(pages.Headers.Count, 7, 12);
        await index.CheckAsync();
    }

    [Fact]
    public async Task Damage_is_found_wherever_it_is_and_named()
    {
        var index = new CheckedIndex(pages, IdIndexKind.Claims, Enough, seed: 1);
        for (var i = 0; i < 7; i++)
        {
            index.Add(1_000);
            await index.WriteAsync();
        }
        var run = index.Manifest.Runs[3];
        var keys = pages.Pages.Keys.Where(key => key.Run == run).OrderBy(key => key.Page).ToArray();
        // 1,000 ids are 16 pages, and one of the filter.
        const int IdPages = 16;
        Assert.Equal(IdPages + 1, keys.Length);
        foreach (var key in keys)
        {
            var whole = pages.Pages[key];
            byte[][] damages =
            [
                [.. whole[..9], (byte)~whole[9], .. whole[10..]], whole[..^24], [.. whole, .. new byte[24]], [],
                pages.Pages[key with { Page = (key.Page + 1) % keys.Length }], pages.Pages[key with { Run = index.Manifest.Runs[4] }],
            ];
            foreach (var damage in damages)
            {
                pages.Pages[key] = damage;
                var found = await Assert.ThrowsAsync<PartitionIndexDamagedException>(async () =>
                {
                    if (key.Page >= IdPages) await index.ReopenAsync();
                    await index.CheckAsync();
                });
                Assert.Equal((run, false), (found.Run, found.IsGone));
                Assert.Contains($"page {key.Page}", found.Message, StringComparison.Ordinal);
                pages.Pages[key] = whole;
            }
        }
        await index.ReopenAsync();
        await index.CheckAsync();
        pages.Pages[keys[5]] = pages.Pages[keys[6]];
        index.Add(1_000);
        var merging = await Assert.ThrowsAsync<PartitionIndexDamagedException>(index.WriteAsync);
        Assert.Equal(run, merging.Run);
        // What can't be written is still known.
        Assert.Equal(1_000, index.Index.RecentCount);
    }

    [Fact]
    public async Task A_run_whose_pages_are_whole_and_in_another_order_is_not_merged()
    {
        var index = new CheckedIndex(pages, IdIndexKind.Claims, Enough, seed: 1);
        for (var i = 0; i < 7; i++)
        {
            index.Add(1_000);
            await index.WriteAsync();
        }
        var key = new IndexPageKey(index.Manifest.Runs[3], 5);
        var whole = IdRunPage.ContentOf(pages.Pages[key], CheckedIndex.Partition, key).ToArray();
        byte[][] forged = [[.. whole[24..48], .. whole[..24], .. whole[48..]], whole[24..]];
        foreach (var content in forged)
        {
            pages.Pages[key] = IdRunPage.Seal(key, content);
            index.Add(1);
            var found = await Assert.ThrowsAsync<PartitionIndexDamagedException>(index.WriteAsync);
            Assert.Equal(key.Run, found.Run);
        }
    }

    [Fact]
    public async Task A_header_that_is_damaged_or_anothers_is_refused()
    {
        var index = new CheckedIndex(pages, IdIndexKind.Claims, Enough, seed: 1);
        for (var i = 0; i < 2; i++)
        {
            index.Add(100);
            await index.WriteAsync();
        }
        var (run, other) = (index.Manifest.Runs[0], index.Manifest.Runs[1]);
        var whole = pages.Headers[run];
        byte[][] damages = [[.. whole[..60], 9, .. whole[61..]], whole[..^1], [.. whole, 0], [], pages.Headers[other]];
        foreach (var damage in damages)
        {
            pages.Headers[run] = damage;
            var found = await Assert.ThrowsAsync<PartitionIndexDamagedException>(() => index.ReopenAsync());
            Assert.Equal((run, false), (found.Run, found.IsGone));
        }
        pages.Headers[run] = whole;
        await index.ReopenAsync();
        await Assert.ThrowsAsync<PartitionIndexDamagedException>(
            () => index.ReopenAsync(index.Settings with { Partition = 3 }));
        pages.Headers.Remove(run);
        Assert.True((await Assert.ThrowsAsync<PartitionIndexDamagedException>(() => index.ReopenAsync())).IsGone);
    }

    [Fact]
    public void A_manifest_of_another_kind_or_version_is_refused()
    {
        using var image = new MemoryStream();
        new IdIndexManifest(IdIndexKind.Claims, Guid.NewGuid(), [Guid.NewGuid()]).WriteTo(image);
        var whole = image.ToArray();
        Assert.Throws<InvalidDataException>(
            () => IdIndexManifest.ReadFrom(new MemoryStream(whole), IdIndexKind.Recorded));
        Assert.Throws<InvalidDataException>(
            () => IdIndexManifest.ReadFrom(new MemoryStream([2, .. whole[1..]]), IdIndexKind.Claims));
        Assert.Throws<EndOfStreamException>(
            () => IdIndexManifest.ReadFrom(new MemoryStream(whole[..^1]), IdIndexKind.Claims));
    }

    [PostgresFact]
    public async Task Over_PostgreSQL_it_is_searched_while_it_is_written_and_taken_up_from_a_snapshot()
    {
        var database = await server.Running.CreateDatabaseAsync();
        await using var journals = await PartitionJournals.OpenAsync(
            [new PartitionServer(0, 3, database)], new PartitionStoreOptions { PartitionCount = 4, IndexPagesMax = 50 });
        var start = PartitionPoint.Start(journals.LedgerId, CheckedIndex.Partition);
        var point = await journals.ActivateAsync(start, Guid.NewGuid(), _ => ValueTask.CompletedTask);
        var index = new CheckedIndex(journals, IdIndexKind.Claims, Enough, seed: 1);
        for (var i = 0; i < 9; i++)
        {
            index.Add(3_000);
            await index.WriteAsync(meanwhile: () => index.CheckAsync(most: 500));
        }
        Assert.Equal(2, index.Manifest.Runs.Count);

        await journals.WriteSnapshotAsync(point, index.Manifest.Runs, index.Manifest.WriteTo);
        var snapshot = await journals.ReadNewestSnapshotAsync(
            CheckedIndex.Partition, image => IdIndexManifest.ReadFrom(image, IdIndexKind.Claims), Assert.Fail);

        Assert.Equal(index.Manifest.Runs, snapshot?.State.Runs);
        await index.ReopenAsync();
        var (known, unknown) = await index.CheckAsync();
        Assert.Equal(27_000, known);
        Assert.InRange(unknown, 0, 40);
    }
}
