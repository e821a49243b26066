using OrleansWallet.Embedded.Index;
using OrleansWallet.Embedded.Journal;
using OrleansWallet.Embedded.Snapshots;
using OrleansWallet.Embedded.Tests.Disk;
using OrleansWallet.Embedded.Tests.Support;

namespace OrleansWallet.Embedded.Tests;

/// <summary>
/// A start that scans from an older point passes what the newer ones know of the journal, and compares it. Here each
/// of them says something else of it, with checksums that are right.
/// </summary>
public sealed class KnownPointTests
{
    private static readonly EmbeddedOptions Options = Tiny.Options with { RecentTransactionsMax = 40 };

    [Fact]
    public async Task A_snapshot_of_another_journal_is_found_by_a_scan_from_an_older_index()
    {
        var disk = await MakeAsync();
        var path = disk.Paths.Last(p => p.EndsWith(".snapshot", StringComparison.Ordinal));
        foreach (var file in disk.Paths.Where(p => p.StartsWith("index/", StringComparison.Ordinal)).ToArray())
            disk.Lose(file);
        disk[path].Damage(content =>
        {
            var header = SnapshotHeader.Read(content);
            (header with { Point = Changed(header.Point) }).ToBytes().CopyTo(content, 0);
        });
        await RefusesAsync(disk, "/faulty/snapshots");
    }

    [Fact]
    public async Task An_index_of_another_journal_is_found_by_a_scan_from_an_older_snapshot()
    {
        var disk = await MakeAsync();
        foreach (var file in disk.Paths.Where(p => p.StartsWith("snapshots/", StringComparison.Ordinal)).ToArray())
            disk.Lose(file);
        Change(disk, manifest => manifest with { Covered = Changed(manifest.Covered) });
        await RefusesAsync(disk, "/faulty/index");
    }

    [Fact]
    public async Task A_point_where_no_batch_ends_is_found()
    {
        var disk = await MakeAsync();
        foreach (var file in disk.Paths.Where(p => p.StartsWith("snapshots/", StringComparison.Ordinal)).ToArray())
            disk.Lose(file);
        Change(disk, manifest => manifest with
        {
            Covered = manifest.Covered with { Place = manifest.Covered.Place - 64 },
        });
        await RefusesAsync(disk, "/faulty/index");
    }

    [Fact]
    public async Task A_segment_whose_header_tells_another_history_is_found()
    {
        var disk = await MakeAsync();
        foreach (var file in disk.Paths.Where(
            p => DiskOperation.DirectoryOf(p) is "index" or "snapshots").ToArray()) disk.Lose(file);
        var path = disk.Paths.Where(p => p.EndsWith(".journal", StringComparison.Ordinal)).ElementAt(2);
        disk[path].Damage(content =>
        {
            var header = SegmentHeader.Read(content, out _) ?? throw new InvalidDataException();
            header.Chain[7] ^= 1;
            header.ToBytes().CopyTo(content, 0);
        });
        await RefusesAsync(disk, $"/faulty/{path}");
    }

    [Fact]
    public async Task The_manifest_of_a_damaged_index_still_tells_how_far_the_journal_went()
    {
        var disk = await MakeAsync();
        foreach (var file in disk.Paths.Where(p => p.StartsWith("snapshots/", StringComparison.Ordinal)).ToArray())
            disk.Lose(file);
        disk.Lose("NEWEST");
        disk.Lose(disk.Paths.Last(p => p.EndsWith(".journal", StringComparison.Ordinal)));
        disk.Lose(disk.Paths.First(p => p.EndsWith(".run", StringComparison.Ordinal)));
        var before = disk.Fingerprint();
        await RefusesAsync(disk, "recorded events are missing");
        Assert.Equal(before, disk.Fingerprint());
    }

    private static JournalPoint Changed(JournalPoint point)
    {
        var chain = (byte[])point.Chain.Clone();
        chain[7] ^= 1;
        return point with { Chain = chain };
    }

    private static void Change(FaultyDisk disk, Func<IndexManifest, IndexManifest> change)
    {
        using var storage = new FaultyStorage(disk);
        var id = LedgerIdentity.Read(storage)?.Id ?? throw new InvalidDataException("There is no ledger.");
        var manifest = IndexManifest.Read(storage, id) ?? throw new InvalidDataException("There is no manifest.");
        change(manifest).Write(storage, id);
    }

    private static async Task RefusesAsync(FaultyDisk disk, string named)
    {
        var refusal = await Assert.ThrowsAsync<DataDirectoryException>(() => OpenLedger.OpenAsync(disk, Options));
        Assert.Contains(named, refusal.Message, StringComparison.Ordinal);
    }

    private static async Task<FaultyDisk> MakeAsync() =>
        (await Recording.RunAsync(seed: 51, steps: 20, Options)).Disk;
}
