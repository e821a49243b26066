using OrleansWallet.Embedded.Tests.Disk;
using OrleansWallet.Embedded.Tests.Support;
using OrleansWallet.Ledger;

namespace OrleansWallet.Embedded.Tests;

/// <summary>Snapshots only save time: with any of them, or none, the state is the same.</summary>
public sealed class SnapshotTests
{
    [Fact]
    public async Task Taken_while_transfers_go_on_they_are_the_state_of_one_moment()
    {
        var disk = new FaultyDisk();
        var options = Tiny.Options with { SnapshotEveryEvents = 700, SnapshotsKept = 50, SegmentBytesMax = 1 << 16 };
        await using (var ledger = await OpenLedger.OpenAsync(disk, options))
        {
            await ledger.FundAsync(300);
            await Task.WhenAll(Enumerable.Range(0, 8).Select(caller => Task.Run(async () =>
            {
                var random = new Random(caller);
                for (var i = 0; i < 20; i++)
                    await ledger.SendAsync([.. Enumerable.Range(0, 50).Select(n => OpenLedger.Transfer(
                        random.Next(300), random.Next(300), random.Next(1, 99), caller * 100_000 + i * 100 + n + 1))]);
            })));
        }
        Assert.True(JournalReplay.CheckSnapshots(disk) >= 5);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public async Task Damaged_ones_are_passed_over_with_a_notice_and_the_state_is_the_same(int damaged)
    {
        var run = await Recording.RunAsync(seed: 41, steps: 25);
        var expected = await StateAsync(run.Disk.AfterCrash(CrashChoice.KeepAll));
        var newest = run.Disk.Paths.Where(p => p.StartsWith("snapshots", StringComparison.Ordinal)).Reverse().ToArray();
        Assert.Equal(2, newest.Length);
        foreach (var offset in new[] { 0, 40, 120, 170, 400, 5000 })
        {
            var disk = run.Disk.AfterCrash(CrashChoice.KeepAll);
            foreach (var path in newest[..damaged]) disk[path].Damage(content => content[offset] ^= 4);
            var (state, notices) = await StateAsync(disk);
            Assert.Equal(expected.State, state);
            foreach (var path in newest[..damaged])
                Assert.Contains(notices, notice => notice.Contains($"/faulty/{path}", StringComparison.Ordinal));
        }
    }

    [Fact]
    public async Task Segments_of_any_length_hold_the_same_ledger()
    {
        for (var bytesMax = 64; bytesMax <= 2048; bytesMax += 192)
        {
            var options = Tiny.Options with { SegmentBytesMax = bytesMax };
            var run = await Recording.RunAsync(seed: 42, steps: 15, options);
            Assert.True(run.Disk.Paths.Count(p => p.EndsWith(".journal", StringComparison.Ordinal)) > 2);
            Assert.Empty(await CrashAudit.CheckAsync(run.Disk, run, int.MaxValue, options));
        }
    }

    private static async Task<((LedgerView, string) State, IReadOnlyCollection<string> Notices)> StateAsync(
        FaultyDisk disk)
    {
        await using var ledger = await OpenLedger.OpenAsync(disk);
        var view = await ledger.Wallet.ReadLedgerAsync(fresh: true);
        var accounts = await Task.WhenAll(Enumerable.Range(0, 40).Select(
            i => ledger.Wallet.FindAccountAsync(OpenLedger.Account(i), AsOf.Now).AsTask()));
        var totals = string.Join(' ', view.Totals);
        var balances = string.Join(' ', accounts.Select(a => a.Account?.ToString() ?? "none"));
        return ((view with { Totals = [] }, totals + balances), [.. ledger.Notices]);
    }
}
