using OrleansWallet.Embedded.Audit;
using OrleansWallet.Embedded.Tests.Disk;
using OrleansWallet.Embedded.Tests.Support;

namespace OrleansWallet.Embedded.Tests;

/// <summary>A journal that lost its last segment is told from one that never had it.</summary>
public sealed class NewestSegmentTests
{
    // Many segments, and neither a snapshot nor an index file that would know what they held.
    private static readonly EmbeddedOptions Options = Tiny.JournalOnly with { SegmentBytesMax = 4096 };

    [Fact]
    public async Task A_killed_ledger_without_its_last_segments_is_refused_by_their_name()
    {
        var disk = await KilledAsync();
        var segments = Segments(disk);
        Assert.True(segments.Length > 4, $"{segments.Length} segments.");
        for (var kept = segments.Length - 1; kept > 1; kept--)
        {
            var lost = disk.AfterCrash(CrashChoice.KeepAll);
            foreach (var path in segments[kept..]) lost.Lose(path);
            var before = lost.Fingerprint();
            var refusal = await Assert.ThrowsAsync<DataDirectoryException>(() => OpenLedger.OpenAsync(lost, Options));
            Assert.Contains($"/faulty/{segments[^1]} is missing", refusal.Message, StringComparison.Ordinal);
            Assert.Contains("from a backup", refusal.Message, StringComparison.Ordinal);
            Assert.Equal(before, lost.Fingerprint());
            using var storage = new FaultyStorage(lost);
            var audit = LedgerAudit.Run(storage, new AuditOptions(), progress: null, CancellationToken.None);
            Assert.Equal((AuditSubject.Journal, refusal.Message), (audit.Faults[0].Subject, audit.Faults[0].Message));
        }
    }

    [Fact]
    public async Task It_is_recorded_durably_before_the_first_batch_goes_to_the_segment()
    {
        var disk = new FaultyDisk();
        await using (var ledger = await OpenLedger.OpenAsync(disk, Options)) await FillAsync(ledger);
        var log = disk.Log;
        var begun = Enumerable.Range(0, log.Count).Where(i => log[i] is { Kind: DiskOperationKind.Rename } made
            && made.To.EndsWith(".journal", StringComparison.Ordinal)).ToArray();
        Assert.True(begun.Length > 4);
        foreach (var i in begun)
        {
            // From the segment's making to the first write to it there must be a new NEWEST and the sync of its name.
            var after = log.Skip(i).TakeWhile(o => o.Kind != DiskOperationKind.Write || o.Path != log[i].To).ToList();
            var named = after.FindIndex(o => o is { Kind: DiskOperationKind.Rename, To: "NEWEST" });
            Assert.True(named > 0, $"{log[i]} is not recorded.");
            Assert.Contains(after.Skip(named), o => o is { Kind: DiskOperationKind.SyncDirectory, Path: "" });
        }
    }

    [Fact]
    public async Task A_ledger_of_an_earlier_program_gets_it_at_the_next_start_and_is_then_as_safe()
    {
        var disk = await KilledAsync();
        disk.Lose("NEWEST");
        await using (var ledger = await OpenLedger.OpenAsync(disk, Options))
            Assert.Contains("/faulty/NEWEST", Assert.Single(ledger.Notices), StringComparison.Ordinal);
        await using (var ledger = await OpenLedger.OpenAsync(disk, Options)) Assert.Empty(ledger.Notices);
        foreach (var path in disk.Paths.Where(p => DiskOperation.DirectoryOf(p) is "index" or "snapshots").ToArray())
            disk.Lose(path);
        disk.Lose(Segments(disk)[^1]);
        await Assert.ThrowsAsync<DataDirectoryException>(() => OpenLedger.OpenAsync(disk, Options));
    }

    [Fact]
    public async Task A_segment_made_before_a_crash_and_not_recorded_is_recorded_by_the_next_start()
    {
        var disk = await KilledAsync();
        var segments = Segments(disk);
        // As if the crash had come right after the last segment was made: it is empty, and the one before is recorded.
        disk[segments[^1]].Replace(disk[segments[^1]].Content[..128]);
        disk["NEWEST"].Replace(disk[segments[^2]].Content[..128]);
        await using (var ledger = await OpenLedger.OpenAsync(disk, Options)) Assert.Empty(ledger.Notices);
        Assert.Equal(disk[segments[^1]].Content[..128], disk["NEWEST"].Content);
    }

    [Fact]
    public async Task A_segment_that_begins_otherwise_than_was_recorded_is_refused()
    {
        var disk = await KilledAsync();
        var segments = Segments(disk);
        var other = await KilledAsync();
        foreach (var path in segments) disk.Plant(path, other[path].Content);
        disk.Plant("LEDGER", other["LEDGER"].Content);
        var refusal = await Assert.ThrowsAsync<DataDirectoryException>(() => OpenLedger.OpenAsync(disk, Options));
        Assert.Contains("/faulty/NEWEST can't be used: it belongs to the ledger", refusal.Message,
            StringComparison.Ordinal);
    }

    private static string[] Segments(FaultyDisk disk) =>
        [.. disk.Paths.Where(path => path.EndsWith(".journal", StringComparison.Ordinal))];

    private static async Task<FaultyDisk> KilledAsync()
    {
        var disk = new FaultyDisk();
        await using var ledger = await OpenLedger.OpenAsync(disk, Options);
        await FillAsync(ledger);
        return disk.AfterCrash(CrashChoice.KeepAll);
    }

    private static async Task FillAsync(OpenLedger ledger)
    {
        await ledger.FundAsync(2);
        for (var i = 0; i < 12; i++)
            await ledger.SendAsync([.. Enumerable.Range(1, 10).Select(n => OpenLedger.Transfer(0, 1, 1, i * 10 + n))]);
    }
}
