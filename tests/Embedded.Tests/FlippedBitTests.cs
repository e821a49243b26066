using OrleansWallet.Embedded.Audit;
using OrleansWallet.Embedded.Tests.Disk;
using OrleansWallet.Embedded.Tests.Support;
using OrleansWallet.Ledger;
using Xunit.Abstractions;

namespace OrleansWallet.Embedded.Tests;

/// <summary>One bit of any file is other than it was written.</summary>
public sealed class FlippedBitTests(ITestOutputHelper output)
{
    private static readonly EmbeddedOptions Options = Tiny.Options with { RecentTransactionsMax = 40 };

    [Fact]
    public async Task In_the_journal_it_is_found_by_a_scan_from_the_first_event_and_its_place_named()
    {
        var disk = (await Recording.RunAsync(seed: 22, steps: 3, Options)).Disk;
        var flips = 0;
        foreach (var path in Files(disk, "journal"))
        {
            Parallel.For(0, disk[path].Content.Length, offset =>
            {
                // The first segment is mostly openings of settlement accounts, one like the other.
                if (path == Files(disk, "journal")[0] && offset is > 400 and < 7900 && offset % 32 != 3) return;
                var damaged = Flip(disk, path, offset, (offset * 5 + 3) % 8);
                var found = Assert.ThrowsAny<Exception>(() => JournalReplay.Read(damaged));
                Assert.True(found is DataDirectoryException, $"{path} at {offset}: {found}");
                AssertNames(found, path, offset);
                Interlocked.Increment(ref flips);
            });
        }
        output.WriteLine($"{flips} flips.");
    }

    [Theory]
    [InlineData("journal", 97)]
    [InlineData("snapshots", 79)]
    [InlineData("index", 101)]
    [InlineData("", 1)]
    public async Task A_start_refuses_it_or_gives_the_same_state(string directory, int stride)
    {
        var run = await MakeAsync();
        var expected = await StateAsync(run.Disk);
        var all = Files(run.Disk, directory).SelectMany(path => Offsets(run.Disk[path].Content.Length, stride)
            .Select(offset => (path, offset))).ToArray();
        var (refused, fellBack, unseen) = (0, 0, 0);
        await Parallel.ForEachAsync(all, async (at, _) =>
        {
            var what = $"{at.path}, offset {at.offset}, bit {at.offset % 8}";
            var damaged = Flip(run.Disk, at.path, at.offset, at.offset % 8);
            var before = damaged.Fingerprint(IsLedger);
            try
            {
                var (state, notices) = await StateAsync(damaged);
                Assert.True(expected.State == state, $"{what}: another state, and no word of it.");
                if (notices.Length > 0) Interlocked.Increment(ref fellBack);
                else Interlocked.Increment(ref unseen);
                if (directory.Length > 0 && notices.Length > 0)
                    Assert.Contains($"/faulty/{at.path}", notices, StringComparison.Ordinal);
            }
            catch (DataDirectoryException e)
            {
                Interlocked.Increment(ref refused);
                Assert.True(before == damaged.Fingerprint(IsLedger), $"{what}: refused, but something was changed.");
                Assert.Contains($"/faulty/{at.path}", e.Message, StringComparison.Ordinal);
            }
            catch (Exception e) when (e is not Xunit.Sdk.XunitException)
            {
                throw new InvalidOperationException($"{what}: {e.Message}", e);
            }
        });
        output.WriteLine($"{all.Length} flips: {refused} refused, {fellBack} fell back, {unseen} not read.");
        if (directory.Length == 0) Assert.Equal(all.Length, refused);
    }

    [Theory]
    [InlineData("journal", 13)]
    [InlineData("snapshots", 13)]
    [InlineData("index", 13)]
    [InlineData("", 1)]
    public async Task The_audit_finds_it_in_every_file_and_names_the_file(string directory, int stride)
    {
        var disk = (await MakeAsync()).Disk;
        Assert.Empty(Audit(disk).Faults);
        var unseen = new System.Collections.Concurrent.ConcurrentBag<string>();
        foreach (var path in Files(disk, directory))
            Parallel.ForEach(Offsets(disk[path].Content.Length, stride), offset =>
            {
                var faults = Audit(Flip(disk, path, offset, offset % 8)).Faults;
                if (!faults.Any(fault => fault.Message.Contains($"/faulty/{path}", StringComparison.Ordinal)))
                    unseen.Add($"{path} at {offset}: {string.Join(' ', faults.Select(fault => fault.Message))}");
            });
        Assert.Empty(unseen);
    }

    [Fact]
    public async Task In_an_index_page_it_stops_the_ledger_when_a_lookup_meets_it()
    {
        var run = await MakeAsync();
        var moved = run.Sent.Where(s => s.Outcome.Rejection == Rejection.None).ToArray();
        var stopped = 0;
        foreach (var path in Files(run.Disk, "index").Where(path => path.EndsWith(".run", StringComparison.Ordinal)))
            foreach (var offset in new[] { 4096, 4096 + 8, 4096 + 16 * 5, 4096 + 4080, 4096 + 4092 })
            {
                var damaged = Flip(run.Disk, path, offset, 1);
                await using (var ledger = await OpenLedger.OpenAsync(damaged, Options))
                {
                    foreach (var (transfer, outcome, _) in moved)
                    {
                        var again = await ledger.Wallet.TransferAsync(transfer);
                        if (again.Rejection == Rejection.Unavailable) break;
                        Assert.Equal(outcome with { Replayed = true }, again);
                    }
                    if (!ledger.Wallet.Readiness.IsReady)
                    {
                        stopped++;
                        Assert.Contains(ledger.Notices, notice => ledger.Levels[notice] == NoticeLevel.Critical
                            && notice.Contains($"/faulty/{path}", StringComparison.Ordinal));
                    }
                }
                // Without its index the ledger makes a new one from the journal, and nothing is missing.
                foreach (var file in Files(damaged, "index")) damaged.Lose(file);
                await CrashAudit.CheckAsync(damaged, run, int.MaxValue, Options);
            }
        Assert.True(stopped > 0);
    }

    [Fact]
    public async Task In_an_old_record_it_is_found_by_the_read_that_comes_to_it()
    {
        var run = await MakeAsync();
        var (transfer, _, _) = run.Sent.First(s => s.Outcome.Rejection == Rejection.None);
        var path = Files(run.Disk, "journal").First(p => PlaceOf(run.Disk[p].Content, transfer) >= 0);
        // The lowest byte of the amount, 16 bytes of id and 8 of account numbers further on.
        var damaged = Flip(run.Disk, path, PlaceOf(run.Disk[path].Content, transfer) + 24, 0);
        await using var ledger = await OpenLedger.OpenAsync(damaged, Options);
        var found = await Assert.ThrowsAsync<DataDirectoryException>(
            () => ledger.Wallet.ListEntriesAsync(transfer.From, IWallet.EntriesMax, null).AsTask());
        Assert.Contains($"/faulty/{path}", found.Message, StringComparison.Ordinal);
        Assert.True(ledger.Wallet.Readiness.IsReady);
        // Whether this id was used can't be told any more, so no transfer may be.
        Assert.Equal(Rejection.Unavailable, (await ledger.Wallet.TransferAsync(transfer)).Rejection);
        Assert.False(ledger.Wallet.Readiness.IsReady);
    }

    [Theory]
    [InlineData(4096, 512)]
    [InlineData(4096, 4096)]
    [InlineData(1 << 20, 512)]
    [InlineData(1 << 20, 4096)]
    public async Task A_zeroed_sector_or_page_before_the_last_batch_is_damage(long segmentBytesMax, int size)
    {
        var run = await Recording.RunAsync(seed: 23, steps: 20, Options with { SegmentBytesMax = segmentBytesMax });
        var last = run.Log.Last(o => o is { Kind: DiskOperationKind.Write, Directory: "journal" });
        foreach (var path in Files(run.Disk, "journal"))
            for (var from = 0; from < run.Disk[path].Content.Length; from += size)
            {
                var end = Math.Min(from + size, run.Disk[path].Content.Length);
                if (path == last.Path && end > last.Offset) break;
                var damaged = run.Disk.AfterCrash(CrashChoice.KeepAll);
                damaged[path].Damage(content => Array.Clear(content, from, end - from));
                var found = Assert.Throws<DataDirectoryException>(() => JournalReplay.Read(damaged));
                Assert.Contains($"/faulty/{path}", found.Message, StringComparison.Ordinal);
            }
    }

    [Fact]
    public async Task A_zeroed_page_over_the_seam_of_the_last_two_batches_is_damage()
    {
        var disk = new FaultyDisk();
        await using (var ledger = await OpenLedger.OpenAsync(disk, Tiny.JournalOnly))
        {
            await ledger.FundAsync(2);
            await ledger.SendAsync([.. Enumerable.Range(0, 20).Select(i => OpenLedger.Transfer(0, 1, 1, i + 1))]);
            await ledger.SendAsync([.. Enumerable.Range(20, 20).Select(i => OpenLedger.Transfer(0, 1, 1, i + 1))]);
        }
        var path = Assert.Single(Files(disk, "journal"));
        foreach (var file in disk.Paths.Where(p => !IsJournalOrIdentity(p)).ToArray()) disk.Lose(file);
        var last = disk.Log.Last(o => o.Kind == DiskOperationKind.Write && o.Path == path);
        var seam = (int)last.Offset / 512 * 512;
        disk[path].Damage(content => Array.Clear(content, seam - 512, 1536));
        var before = disk.Fingerprint(IsJournalOrIdentity);
        // The batch before the last one was durable before the last was written: it can't be unfinished.
        await Assert.ThrowsAsync<DataDirectoryException>(() => OpenLedger.OpenAsync(disk, Tiny.JournalOnly));
        Assert.Equal(before, disk.Fingerprint(IsJournalOrIdentity));
    }

    private static int PlaceOf(byte[] content, Transfer transfer) =>
        content.AsSpan().IndexOf(transfer.Id.Value.ToByteArray());

    private static AuditReport Audit(FaultyDisk disk)
    {
        using var storage = new FaultyStorage(disk);
        var options = new AuditOptions { ChecksUniqueness = false };
        return LedgerAudit.Run(storage, options, progress: null, CancellationToken.None);
    }

    private static bool IsJournalOrIdentity(string path) =>
        path == "LEDGER" || path.StartsWith("journal/", StringComparison.Ordinal);

    // All that the ledger can't make anew.
    private static bool IsLedger(string path) => !path.StartsWith("index/", StringComparison.Ordinal);

    private static Task<Recording> MakeAsync() => Recording.RunAsync(seed: 21, steps: 20, Options);

    private static string[] Files(FaultyDisk disk, string directory) =>
        [.. disk.Paths.Where(path => DiskOperation.DirectoryOf(path) == directory)];

    // Many of the first bytes, where headers are; then some.
    private static IEnumerable<int> Offsets(int length, int stride) =>
        Enumerable.Range(0, length).Where(offset => (offset < 320 && offset % 4 == 1) || offset % stride == 0);

    private static FaultyDisk Flip(FaultyDisk disk, string path, int offset, int bit)
    {
        var damaged = disk.AfterCrash(CrashChoice.KeepAll);
        damaged[path].Damage(content => content[offset] ^= (byte)(1 << bit));
        return damaged;
    }

    private static async Task<((long Sequence, string? Digest, string Totals, string Balances) State, string Notices)>
        StateAsync(FaultyDisk disk)
    {
        await using var ledger = await OpenLedger.OpenAsync(disk, Options);
        var view = await ledger.Wallet.ReadLedgerAsync(fresh: true);
        var accounts = await Task.WhenAll(Enumerable.Range(0, 40).Select(
            i => ledger.Wallet.FindAccountAsync(OpenLedger.Account(i), AsOf.Now).AsTask()));
        var balances = string.Join(' ', accounts.Select(a => a.Account?.ToString() ?? "none"));
        var notices = string.Join('\n', ledger.Notices);
        return ((view.Sequence, view.Digest, string.Join(' ', view.Totals), balances), notices);
    }

    private static void AssertNames(Exception e, string path, int offset)
    {
        Assert.Contains($"/faulty/{path}", e.Message, StringComparison.Ordinal);
        if (offset >= 128) Assert.Contains("offset ", e.Message, StringComparison.Ordinal);
    }
}
