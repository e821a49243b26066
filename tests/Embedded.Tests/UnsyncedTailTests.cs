using OrleansWallet.Embedded.Tests.Disk;
using OrleansWallet.Embedded.Tests.Support;
using OrleansWallet.Ledger;

namespace OrleansWallet.Embedded.Tests;

/// <summary>What a crash leaves of a write that was not synced: any of its sectors, in any combination.</summary>
public sealed class UnsyncedTailTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(9)]
    [InlineData(20)]
    public async Task Any_combination_of_lost_sectors_is_an_unfinished_write(int transfers)
    {
        var (disk, run, write) = await UnsyncedBatchAsync(transfers);
        var sectors = (int)((write.Offset + (write.Bytes?.Length ?? 0) - 1) / 512 - write.Offset / 512 + 1);
        for (var mask = 0UL; mask < 1UL << sectors; mask++)
            await CheckAsync(disk.AfterCrash(CrashChoice.Sectors(write.FileNumber, mask)), run, transfers,
                isWhole: mask == (1UL << sectors) - 1, $"{sectors} sectors, mask {mask:b}");
    }

    [Fact]
    public async Task Random_lost_sectors_of_a_large_write_are_an_unfinished_write()
    {
        var (disk, run, write) = await UnsyncedBatchAsync(transfers: 200);
        var sectors = (int)((write.Offset + (write.Bytes?.Length ?? 0) - 1) / 512 - write.Offset / 512 + 1);
        var random = new Random(7);
        for (var i = 0; i < 60; i++)
        {
            // At least one is lost: the more the later.
            var mask = ulong.MaxValue;
            for (var n = 0; n <= i / 4; n++) mask &= ~(1UL << random.Next(sectors));
            await CheckAsync(disk.AfterCrash(CrashChoice.Sectors(write.FileNumber, mask)), run, 200, isWhole: false,
                $"seed 7, crash {i}, mask {mask:b}");
        }
    }

    [Fact]
    public async Task An_unfinished_tail_is_cut_off_once_and_with_a_notice()
    {
        var (disk, run, write) = await UnsyncedBatchAsync(transfers: 20);
        var after = disk.AfterCrash(CrashChoice.Sectors(write.FileNumber, 0b10101));
        var notices = await CrashAudit.CheckAsync(after, run, int.MaxValue, Tiny.JournalOnly);
        var notice = Assert.Single(notices);
        Assert.Contains($"/faulty/{write.Path}, offset {write.Offset}", notice, StringComparison.Ordinal);
        Assert.Contains($"Cut {write.Bytes?.Length} bytes", notice, StringComparison.Ordinal);
        await using var again = await OpenLedger.OpenAsync(after, Tiny.JournalOnly);
        Assert.Empty(again.Notices);
    }

    // A run whose last batch is written and not synced; the batch's transfers have ids from 1,000,000 on.
    private static async Task<(FaultyDisk Disk, Recording Run, DiskOperation Write)> UnsyncedBatchAsync(int transfers)
    {
        var run = await Recording.RunAsync(seed: 5, steps: 3, Tiny.JournalOnly, stop: false);
        var disk = run.Disk.AfterCrash(CrashChoice.KeepNothing);
        var gate = new Gate(operation => operation is { Kind: DiskOperationKind.Sync, Path: [.., 'l'] });
        await using var ledger = await OpenLedger.OpenAsync(disk, Tiny.JournalOnly, gate.Plan);
        gate.Close();
        var sending = ledger.SendAsync([.. LastTransfers(transfers)]);
        await gate.Reached;
        var unsynced = disk.Clone();
        var write = disk.Log.Last(operation => operation.Kind == DiskOperationKind.Write);
        Assert.False(sending.IsCompleted);
        gate.Open();
        await sending;
        return (unsynced, run, write);
    }

    private static IEnumerable<Transfer> LastTransfers(int count) =>
        Enumerable.Range(0, count).Select(i => OpenLedger.Transfer(OpenLedger.Treasury, OpenLedger.Account(0), 1,
            OpenLedger.IdOf(1_000_000 + i)));

    private static async Task CheckAsync(FaultyDisk disk, Recording run, int transfers, bool isWhole, string what)
    {
        await using (var ledger = await OpenLedger.OpenAsync(disk, Tiny.JournalOnly))
        {
            var found = await Task.WhenAll(
                LastTransfers(transfers).Select(t => ledger.Wallet.FindTransferAsync(t.Id).AsTask()));
            Assert.All(found, view => Assert.True(view is not null == isWhole, what));
            Assert.True(isWhole == ledger.Notices.IsEmpty, what);
        }
        await CrashAudit.CheckAsync(disk, run, int.MaxValue, Tiny.JournalOnly);
        Assert.Equal(0, JournalReplay.Read(disk).End?.UnfinishedBytes);
    }
}
