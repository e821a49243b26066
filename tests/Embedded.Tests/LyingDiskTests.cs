using OrleansWallet.Embedded.Tests.Disk;
using OrleansWallet.Embedded.Tests.Support;
using OrleansWallet.Ledger;

namespace OrleansWallet.Embedded.Tests;

/// <summary>A disk that says it has synced the journal and has not.</summary>
public sealed class LyingDiskTests
{
    [Theory]
    [InlineData(true, true, false)]
    [InlineData(true, false, false)]
    [InlineData(false, true, false)]
    [InlineData(true, false, true)]
    [InlineData(false, true, true)]
    public async Task A_journal_that_lost_what_a_snapshot_or_the_index_knows_is_refused(
        bool snapshot, bool index, bool lengthIsKept)
    {
        var (disk, journal) = await LoseTailAsync(lengthIsKept, lastOnly: false, stopInOrder: true);
        if (!snapshot) foreach (var path in In(disk, "snapshots")) disk.Lose(path);
        if (!index) foreach (var path in In(disk, "index")) disk.Lose(path);
        var before = disk.Fingerprint(path => !path.StartsWith("index", StringComparison.Ordinal));

        var refusal = await Assert.ThrowsAsync<DataDirectoryException>(() => OpenLedger.OpenAsync(disk, Options));
        Assert.Contains(index && !lengthIsKept || !snapshot ? "index" : "snapshot", refusal.Message,
            StringComparison.Ordinal);
        Assert.Contains("/faulty/", refusal.Message, StringComparison.Ordinal);
        Assert.Equal(before, disk.Fingerprint(path => !path.StartsWith("index", StringComparison.Ordinal)));
        Assert.NotEmpty(journal);
    }

    [Fact]
    public async Task A_hole_before_the_newest_snapshot_is_found_by_a_scan_when_the_ledger_has_gone_on()
    {
        var (disk, journal) = await LoseTailAsync(lengthIsKept: true, lastOnly: false, stopInOrder: true);
        await using (var ledger = await OpenLedger.OpenAsync(disk, Options))
            await ledger.SendAsync([OpenLedger.Transfer(0, 1, 5, 99)]);
        var found = Assert.Throws<DataDirectoryException>(() => JournalReplay.Read(disk));
        Assert.Contains($"/faulty/{journal}", found.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Where_nothing_knows_of_the_loss_what_is_left_is_consistent(bool lengthIsKept)
    {
        var (disk, _) = await LoseTailAsync(lengthIsKept, lastOnly: true, stopInOrder: false);
        await using (var ledger = await OpenLedger.OpenAsync(disk, Options))
            await CrashAudit.CheckBalancesAsync(ledger, JournalReplay.Read(disk));
        JournalReplay.CheckSnapshots(disk);
    }

    private static EmbeddedOptions Options { get; } = Tiny.JournalOnly;

    private static IEnumerable<string> In(FaultyDisk disk, string directory) =>
        disk.Paths.Where(path => path.StartsWith(directory + "/", StringComparison.Ordinal));

    private static async Task<(FaultyDisk Disk, string Journal)> LoseTailAsync(
        bool lengthIsKept, bool lastOnly, bool stopInOrder)
    {
        var disk = new FaultyDisk();
        var lies = false;
        var ledger = await OpenLedger.OpenAsync(disk, Options, operation =>
            Volatile.Read(ref lies) && operation is { Kind: DiskOperationKind.Sync, Path: [.., 'l'] }
                ? Fault.LyingSync : null);
        await ledger.FundAsync(3);
        if (lastOnly) await ledger.SendAsync([OpenLedger.Transfer(0, 1, 5, 1)]);
        Volatile.Write(ref lies, true);
        for (var i = 2; i < 6; i++)
        {
            var outcome = await ledger.Wallet.TransferAsync(OpenLedger.Transfer(0, 1, 5, i));
            Assert.Equal(Rejection.None, outcome.Rejection);
        }
        if (stopInOrder) await ledger.DisposeAsync();
        var journal = Assert.Single(In(disk, "journal"));
        var after = disk.AfterCrash(
            lengthIsKept ? CrashChoice.Sectors(disk[journal].Number, 0) : CrashChoice.KeepNothing);
        if (!stopInOrder) await ledger.DisposeAsync();
        return (after, journal);
    }
}
