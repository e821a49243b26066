using OrleansWallet.Embedded.Tests.Disk;
using OrleansWallet.Embedded.Tests.Support;
using OrleansWallet.Ledger;
using Xunit.Abstractions;

namespace OrleansWallet.Embedded.Tests;

/// <summary>A disk that fills up, or fails, at any operation of a run.</summary>
public sealed class FailingDiskTests(ITestOutputHelper output)
{
    private const int Steps = 24;

    [Theory]
    [InlineData(0.0)]
    [InlineData(0.5)]
    [InlineData(0.99)]
    public Task A_disk_full_at_any_write_stops_the_ledger_and_loses_nothing_answered(double written) =>
        FailEachAsync(operation => operation.Kind == DiskOperationKind.Write,
            operation => Fault.Full with { BytesDone = (int)((operation.Bytes?.Length ?? 0) * written) });

    [Fact]
    public Task An_error_at_any_change_of_names_stops_the_ledger_and_loses_nothing_answered() =>
        FailEachAsync(operation => operation.Kind is DiskOperationKind.Create or DiskOperationKind.Rename
            or DiskOperationKind.SyncDirectory or DiskOperationKind.Delete or DiskOperationKind.Open, _ => Fault.Error);

    [Fact]
    public Task A_read_error_never_makes_the_ledger_forget() =>
        FailEachAsync(operation => operation.Kind == DiskOperationKind.Read, _ => Fault.Error);

    [Fact]
    public Task A_failed_sync_stops_the_ledger_and_is_not_tried_again_on_the_same_file() =>
        FailEachAsync(operation => operation.Kind == DiskOperationKind.Sync, _ => Fault.FailedSync);

    // Lets the n-th operation of a kind fail, for each n, and looks at what the callers hear, what a restart finds
    // while the machine lives on, and what it finds after a loss of power behind that.
    private async Task FailEachAsync(Func<DiskOperation, bool> concerns, Func<DiskOperation, Fault> fault)
    {
        var failed = 0;
        for (var n = 0; ; n++)
        {
            var disk = new FaultyDisk();
            var count = -1;
            Fault? Plan(DiskOperation operation) =>
                concerns(operation) && Interlocked.Increment(ref count) == n ? fault(operation) : null;
            var answered = await RunAsync(disk, Plan, $"operation {n}");
            if (Volatile.Read(ref count) < n) break;
            failed++;
            await CheckAsync(disk, answered, $"operation {n}");
            await CheckAsync(disk.AfterCrash(CrashChoice.Random(n)), answered, $"operation {n}, then power lost");
        }
        Assert.True(failed > 5);
        output.WriteLine($"{failed} failures.");
    }

    private static async Task<List<(Transfer Transfer, TransferOutcome Outcome)>> RunAsync(
        FaultyDisk disk, FaultPlan plan, string what)
    {
        var answered = new List<(Transfer, TransferOutcome)>();
        OpenLedger? ledger = null;
        try
        {
            ledger = await OpenLedger.OpenAsync(disk, plan: plan);
            await ledger.FundAsync(2);
        }
        catch (Exception e) when (e is DataDirectoryException or WalletUnavailableException or Xunit.Sdk.XunitException)
        {
            if (ledger is not null) await CheckStoppedAsync(ledger, what);
            return answered;
        }
        await using (ledger)
        {
            for (var i = 0; i < Steps; i++)
            {
                var transfer = OpenLedger.Transfer(i % 2, 1 - i % 2, 7, 1000 + i);
                var outcome = await ledger.Wallet.TransferAsync(transfer).AsTask().WaitAsync(TimeSpan.FromSeconds(30));
                if (outcome.Rejection == Rejection.Unavailable)
                {
                    await CheckStoppedAsync(ledger, what);
                    break;
                }
                Assert.Equal(Rejection.None, outcome.Rejection);
                answered.Add((transfer, outcome));
            }
        }
        Assert.Equal(0, ledger.Storage.UsesAfterFailedSync);
        return answered;
    }

    private static async Task CheckStoppedAsync(OpenLedger ledger, string what)
    {
        Assert.False(ledger.Wallet.Readiness.IsReady, what);
        Assert.False(string.IsNullOrWhiteSpace(ledger.Wallet.Readiness.Reason), what);
        // The ledger has stopped before it has told anybody why.
        for (var tries = 0; Critical(ledger).Length == 0 && tries < 500; tries++) await Task.Delay(10);
        CheckTold(ledger);
        var later = await ledger.Wallet.TransferAsync(OpenLedger.Transfer(0, 1, 1, 5));
        Assert.Equal(Rejection.Unavailable, later.Rejection);
        await Assert.ThrowsAsync<WalletUnavailableException>(
            () => ledger.Wallet.FindTransferAsync(OpenLedger.IdOf(1)).AsTask());
        await ledger.DisposeAsync();
        Assert.Equal(0, ledger.Storage.UsesAfterFailedSync);
    }

    private static string[] Critical(OpenLedger ledger) =>
        [.. ledger.Notices.Where(notice => ledger.Levels[notice] == NoticeLevel.Critical)];

    // The operator is told all of it, and once; callers hear what stopped, and nothing of the machine.
    private static void CheckTold(OpenLedger ledger)
    {
        var told = Critical(ledger);
        var cause = ledger.Wallet.StoppedBecause?.Split('.')[0];
        Assert.StartsWith($"{cause}: ", told[0], StringComparison.Ordinal);
        Assert.Equal(ledger.Wallet.StoppedBecause, ledger.Wallet.Readiness.Reason);
        Assert.DoesNotContain("error", ledger.Wallet.StoppedBecause, StringComparison.Ordinal);
        Assert.DoesNotContain("/", ledger.Wallet.StoppedBecause, StringComparison.Ordinal);
    }

    private static async Task CheckAsync(
        FaultyDisk disk, List<(Transfer Transfer, TransferOutcome Outcome)> answered, string what)
    {
        // What the first start after the failure shows must outlive a loss of power that comes later.
        var shown = new List<(Transfer Transfer, TransferOutcome Outcome)>(answered);
        await using (var ledger = await OpenLedger.OpenAsync(disk))
        {
            foreach (var (transfer, outcome) in answered)
                Assert.True(outcome with { Replayed = true } == await ledger.Wallet.TransferAsync(transfer), what);
            for (var i = answered.Count; i < Steps; i++)
                if (await ledger.Wallet.FindTransferAsync(OpenLedger.IdOf(1000 + i)) is { } view)
                    shown.Add((view.Transfer, new TransferOutcome(view.Rejection, false, view.Sequence)));
            await CrashAudit.CheckBalancesAsync(ledger, JournalReplay.Read(disk));
            var later = disk.AfterCrash(CrashChoice.KeepNothing);
            await using var after = await OpenLedger.OpenAsync(later);
            foreach (var (transfer, outcome) in shown)
                Assert.True(outcome with { Replayed = true } == await after.Wallet.TransferAsync(transfer),
                    $"{what}: shown after a restart, and lost with the power");
        }
        JournalReplay.CheckSnapshots(disk);
    }
}
