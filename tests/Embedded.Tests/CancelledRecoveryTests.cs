using OrleansWallet.Embedded.Tests.Disk;
using OrleansWallet.Embedded.Tests.Support;

namespace OrleansWallet.Embedded.Tests;

/// <summary>A recovery may take minutes; whoever stops the server can't wait for its end.</summary>
public sealed class CancelledRecoveryTests
{
    private const int Accounts = 60;

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_recovery_told_to_stop_ends_between_two_batches_and_the_next_is_whole(bool isIndexLost)
    {
        var disk = await LongJournalAsync();
        var index = disk.Paths.Where(path => path.StartsWith("index/", StringComparison.Ordinal)).ToArray();
        foreach (var path in isIndexLost ? index : []) disk.Lose(path);
        var whole = await ReadsOfRecoveryAsync(disk.AfterCrash(CrashChoice.KeepAll));

        var reads = 0;
        using var cancel = new CancellationTokenSource();
        var storage = new FaultyStorage(disk, operation =>
        {
            if (IsJournalRead(operation) && Interlocked.Increment(ref reads) == whole / 4) cancel.Cancel();
            return null;
        });
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => EmbeddedWallet.OpenAsync(
            () => storage, Tiny.JournalOnly, new SteppedTime(), (_, _) => { }, cancel.Token));
        Assert.InRange(reads, whole / 4, whole / 2);
        Assert.Equal((0, true), (storage.OpenHandles, storage.IsDisposed));

        await using var ledger = await OpenLedger.OpenAsync(disk, Tiny.JournalOnly);
        for (var i = 0; i < Accounts; i++) Assert.Equal(1_000_000, await ledger.BalanceAsync(i));
    }

    private static bool IsJournalRead(DiskOperation operation) => operation.Kind == DiskOperationKind.Read
        && operation.Path.StartsWith("journal/", StringComparison.Ordinal);

    // Each event in a batch of its own, and no snapshot.
    private static async Task<FaultyDisk> LongJournalAsync()
    {
        var disk = new FaultyDisk();
        await using var ledger = await OpenLedger.OpenAsync(disk, Tiny.JournalOnly);
        await ledger.FundAsync(Accounts);
        return disk.AfterCrash(CrashChoice.KeepAll);
    }

    private static async Task<int> ReadsOfRecoveryAsync(FaultyDisk disk)
    {
        var reads = 0;
        await using var ledger = await OpenLedger.OpenAsync(disk, Tiny.JournalOnly, operation =>
        {
            if (IsJournalRead(operation)) Interlocked.Increment(ref reads);
            return null;
        });
        return Volatile.Read(ref reads);
    }
}
