using OrleansWallet.Embedded.Tests.Disk;
using OrleansWallet.Embedded.Tests.Support;

namespace OrleansWallet.Embedded.Tests;

/// <summary>What a start finds in its directory, and what it does about it.</summary>
public sealed class DataDirectoryTests
{
    [Theory]
    [InlineData("photo.jpg")]
    [InlineData("notes.tmp")]
    [InlineData("index/index.html")]
    [InlineData("index/0000000001.run")]
    [InlineData("journal/monday.txt")]
    [InlineData("journal/monday.tmp")]
    [InlineData("snapshots/holiday.png")]
    [InlineData("NEWEST")]
    [InlineData("index/MANIFEST")]
    [InlineData("journal/00000000000000000000.journal")]
    public async Task A_directory_with_something_else_in_it_is_left_alone(string path)
    {
        var disk = new FaultyDisk();
        disk.Plant(path, "not ours"u8.ToArray());
        var before = disk.Fingerprint();
        var refusal = await Assert.ThrowsAsync<DataDirectoryException>(() => OpenLedger.OpenAsync(disk));
        Assert.Contains("/faulty", refusal.Message, StringComparison.Ordinal);
        Assert.Contains(path[(path.IndexOf('/') + 1)..], refusal.Message, StringComparison.Ordinal);
        Assert.Equal(before, disk.Fingerprint());
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task What_somebody_put_beside_the_ledger_is_never_deleted(bool indexIsMadeAnew)
    {
        string[] foreign =
        [
            "notes.tmp", "LEDGER.bak", "journal/notes.tmp", "journal/monday.journal", "index/notes.txt",
            "index/notes.tmp", "index/1.run", "index/notes.run", "snapshots/notes.tmp", "snapshots/old.snapshot",
            "snapshots/5.snapshot",
        ];
        string[] left =
        [
            "LEDGER.tmp", "NEWEST.tmp", "journal/00000000000000099999.journal.tmp", "index/MANIFEST.tmp",
            "index/0000009999.run", "index/0000009999.run.tmp", "snapshots/00000000000000099999.snapshot.tmp",
        ];
        var disk = (await Recording.RunAsync(seed: 37, steps: 8)).Disk;
        foreach (var path in foreign.Concat(left)) disk.Plant(path, "not ours"u8.ToArray());
        if (indexIsMadeAnew) disk["index/MANIFEST"].Damage(content => content[9] ^= 1);
        await using var ledger = await OpenLedger.OpenAsync(disk);
        foreach (var path in foreign) Assert.Equal("not ours"u8, disk[path].Content);
        foreach (var path in left)
        {
            Assert.DoesNotContain(path, disk.Paths);
            if (indexIsMadeAnew && path.StartsWith("index/", StringComparison.Ordinal)) continue;
            var notice = Assert.Single(ledger.Notices, n => n.Contains($"/faulty/{path},", StringComparison.Ordinal));
            Assert.Equal(NoticeLevel.Information, ledger.Levels[notice]);
        }
        await ledger.DisposeAsync();
        foreach (var path in foreign) Assert.Equal("not ours"u8, disk[path].Content);
    }

    [Fact]
    public async Task A_ledger_that_lost_its_identity_is_left_alone()
    {
        var disk = (await Recording.RunAsync(seed: 31, steps: 3)).Disk;
        disk.Lose("LEDGER");
        var before = disk.Fingerprint();
        var refusal = await Assert.ThrowsAsync<DataDirectoryException>(() => OpenLedger.OpenAsync(disk));
        Assert.Contains("LEDGER", refusal.Message, StringComparison.Ordinal);
        Assert.Equal(before, disk.Fingerprint());
    }

    [Fact]
    public async Task A_crash_or_an_error_at_any_operation_of_the_making_leaves_a_directory_to_make_it_in()
    {
        for (var n = 0; ; n++)
        {
            var disk = new FaultyDisk();
            var count = -1;
            try
            {
                await using var ledger = await OpenLedger.OpenAsync(disk, plan: operation =>
                    Interlocked.Increment(ref count) == n ? Fault.Error : null);
                await ledger.DisposeAsync();
                if (Volatile.Read(ref count) < n) break;
            }
            catch (DataDirectoryException)
            {
                // The very error that was asked for.
            }
            foreach (var choice in new[] { CrashChoice.KeepAll, CrashChoice.KeepNothing, CrashChoice.Random(n) })
            {
                await using var ledger = await OpenLedger.OpenAsync(disk.AfterCrash(choice));
                await ledger.FundAsync(1);
                Assert.Equal(1_000_000, await ledger.BalanceAsync(0));
            }
        }
    }

    [Theory]
    [InlineData("LEDGER", 28)]
    [InlineData("journal", 8)]
    public async Task A_newer_format_of_what_cannot_be_made_anew_is_refused(string where, int versionAt)
    {
        var disk = (await Recording.RunAsync(seed: 32, steps: 8)).Disk;
        foreach (var path in disk.Paths.Where(p => p.StartsWith(where, StringComparison.Ordinal)).ToArray())
        {
            var newer = disk.AfterCrash(CrashChoice.KeepAll);
            newer[path].Damage(content => content[versionAt] = (byte)(where == "LEDGER" ? '2' : 2));
            var before = newer.Fingerprint(IsNoLeftover);
            var refusal = await Assert.ThrowsAsync<DataDirectoryException>(() => OpenLedger.OpenAsync(newer));
            Assert.Contains($"/faulty/{path}", refusal.Message, StringComparison.Ordinal);
            Assert.Contains("newer", refusal.Message, StringComparison.Ordinal);
            Assert.Equal(before, newer.Fingerprint(IsNoLeftover));
        }
    }

    [Theory]
    [InlineData("snapshots")]
    [InlineData("index")]
    public async Task A_newer_format_of_what_can_be_made_anew_is_passed_over_with_a_notice(string where)
    {
        var run = await Recording.RunAsync(seed: 32, steps: 8);
        foreach (var path in run.Disk.Paths.Where(p => p.StartsWith(where, StringComparison.Ordinal)).ToArray())
        {
            var newer = run.Disk.AfterCrash(CrashChoice.KeepAll);
            newer[path].Damage(content => content[8] = 2);
            var notices = await CrashAudit.CheckAsync(newer, run, int.MaxValue);
            if (path != OldestSnapshot(run.Disk))
                Assert.Contains(notices, notice => notice.Contains(path, StringComparison.Ordinal));
        }
    }

    [Fact]
    public async Task A_file_of_another_ledger_is_not_used()
    {
        // The same steps, so the same names and lengths: only the ledger's id tells them apart.
        var run = await Recording.RunAsync(seed: 33, steps: 8, Tiny.JournalOnly);
        var other = await Recording.RunAsync(seed: 33, steps: 8, Tiny.JournalOnly);
        foreach (var path in run.Disk.Paths.Where(p => other.Disk.Paths.Contains(p) && p != "LEDGER").ToArray())
        {
            var mixed = run.Disk.AfterCrash(CrashChoice.KeepAll);
            mixed.Plant(path, other.Disk[path].Content);
            if (path == "NEWEST" || path.StartsWith("journal", StringComparison.Ordinal))
            {
                var refusal = await Assert.ThrowsAsync<DataDirectoryException>(
                    () => OpenLedger.OpenAsync(mixed, Tiny.JournalOnly));
                Assert.Contains($"/faulty/{path} can't be used: it belongs to the ledger", refusal.Message,
                    StringComparison.Ordinal);
                continue;
            }
            var notices = await CrashAudit.CheckAsync(mixed, run, int.MaxValue, Tiny.JournalOnly);
            Assert.Contains(notices, notice => notice.Contains(path, StringComparison.Ordinal));
        }
    }

    [Fact]
    public async Task A_deleted_segment_is_missed_by_its_name()
    {
        var run = await Recording.RunAsync(seed: 34, steps: 30);
        var segments = run.Disk.Paths.Where(p => p.StartsWith("journal", StringComparison.Ordinal)).ToArray();
        Assert.True(segments.Length >= 4, $"{segments.Length} segments.");
        foreach (var path in segments)
        {
            var missing = run.Disk.AfterCrash(CrashChoice.KeepAll);
            missing.Lose(path);
            var before = missing.Fingerprint(IsNoLeftover);
            var refusal = await Assert.ThrowsAsync<DataDirectoryException>(() => OpenLedger.OpenAsync(missing));
            Assert.Contains($"/faulty/{path} is missing", refusal.Message, StringComparison.Ordinal);
            Assert.Equal(before, missing.Fingerprint(IsNoLeftover));
        }
    }

    [Fact]
    public async Task A_segment_cut_short_before_another_is_refused()
    {
        var run = await Recording.RunAsync(seed: 34, steps: 30);
        var segments = run.Disk.Paths.Where(p => p.StartsWith("journal", StringComparison.Ordinal)).ToArray();
        foreach (var path in segments[..^1])
            foreach (var left in new[] { 0, 100, 128, 200, run.Disk[path].Content.Length - 64 })
            {
                var cut = run.Disk.AfterCrash(CrashChoice.KeepAll);
                cut[path].Replace(cut[path].Content[..left]);
                var refusal = await Assert.ThrowsAsync<DataDirectoryException>(() => OpenLedger.OpenAsync(cut));
                Assert.Contains("/faulty/journal/", refusal.Message, StringComparison.Ordinal);
            }
    }

    [Theory]
    [InlineData("snapshots", 1)]
    [InlineData("snapshots", 9)]
    [InlineData("index", 1)]
    [InlineData("index", 99)]
    public async Task Deleted_snapshots_and_index_files_change_nothing(string where, int count)
    {
        var run = await Recording.RunAsync(seed: 35, steps: 20);
        var disk = run.Disk;
        var newestFirst = disk.Paths.Where(p => p.StartsWith(where, StringComparison.Ordinal)).Reverse();
        foreach (var path in newestFirst.Take(count).ToArray()) disk.Lose(path);
        await CrashAudit.CheckAsync(disk, run, int.MaxValue);
    }

    [Fact]
    public async Task A_disk_that_cannot_be_written_is_refused_and_told_why()
    {
        var disk = (await Recording.RunAsync(seed: 36, steps: 3)).Disk;
        var refusal = await Assert.ThrowsAsync<DataDirectoryException>(() => OpenLedger.OpenAsync(disk,
            plan: operation => operation.Changes ? new Fault("Read-only file system") : null));
        Assert.Contains("/faulty", refusal.Message, StringComparison.Ordinal);
        Assert.Contains("Read-only file system", refusal.Message, StringComparison.Ordinal);
    }

    private static string OldestSnapshot(FaultyDisk disk) =>
        disk.Paths.First(p => p.StartsWith("snapshots", StringComparison.Ordinal));

    // A crash may have cut a merge short; what it left beside the index is cleared away by any start.
    private static bool IsNoLeftover(string path) => !path.StartsWith("index", StringComparison.Ordinal);
}
