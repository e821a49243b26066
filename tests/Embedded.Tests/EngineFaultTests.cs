using OrleansWallet.Embedded.Tests.Disk;
using OrleansWallet.Embedded.Tests.Support;
using OrleansWallet.Ledger;

namespace OrleansWallet.Embedded.Tests;

/// <summary>Whatever goes wrong on whichever thread, the wallet stops, says why, and lets everybody go.</summary>
public sealed class EngineFaultTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    [Theory]
    [InlineData("snapshots", nameof(DiskOperationKind.Create))]
    [InlineData("snapshots", nameof(DiskOperationKind.Delete))]
    [InlineData("index", nameof(DiskOperationKind.Create))]
    [InlineData("index", nameof(DiskOperationKind.Delete))]
    [InlineData("index", nameof(DiskOperationKind.Open))]
    [InlineData("index", nameof(DiskOperationKind.Read))]
    [InlineData("journal", nameof(DiskOperationKind.Create))]
    [InlineData("journal", nameof(DiskOperationKind.Write))]
    [InlineData("journal", nameof(DiskOperationKind.Read))]
    public async Task A_surprise_on_any_thread_stops_the_wallet_with_its_reason(string where, string kind)
    {
        var armed = false;
        var disk = new FaultyDisk();
        var ledger = await OpenLedger.OpenAsync(disk, plan: operation =>
            Volatile.Read(ref armed) && operation.Kind.ToString() == kind && operation.Directory == where
                ? throw new InvalidTimeZoneException("Nobody expects this.") : null);
        await ledger.FundAsync(2);
        Volatile.Write(ref armed, true);
        var outcome = default(TransferOutcome);
        for (var i = 1; i < 5000 && outcome.Rejection == Rejection.None; i++)
        {
            outcome = await ledger.Wallet.TransferAsync(OpenLedger.Transfer(i % 2, 1 - i % 2, 1, i)).AsTask()
                .WaitAsync(Patience);
            // Old ids, so that the index and the journal are read too.
            if (outcome.Rejection == Rejection.None && i > 100)
                outcome = await ledger.Wallet.TransferAsync(
                    OpenLedger.Transfer((i - 100) % 2, 1 - (i - 100) % 2, 1, i - 100)).AsTask().WaitAsync(Patience);
        }
        Assert.Equal(Rejection.Unavailable, outcome.Rejection);
        Assert.False(ledger.Wallet.Readiness.IsReady);
        Assert.Contains(ledger.Notices, notice => ledger.Levels[notice] == NoticeLevel.Critical
            && notice.Contains("Nobody expects this.", StringComparison.Ordinal));
        await ledger.DisposeAsync().AsTask().WaitAsync(Patience);
        Assert.Equal(0, ledger.Storage.OpenHandles);
        await using var again = await OpenLedger.OpenAsync(disk);
        await CrashAudit.CheckBalancesAsync(again, JournalReplay.Read(disk));
    }
}
