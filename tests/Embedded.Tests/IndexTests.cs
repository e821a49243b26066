using OrleansWallet.Embedded.Tests.Disk;
using OrleansWallet.Embedded.Tests.Support;
using OrleansWallet.Ledger;

namespace OrleansWallet.Embedded.Tests;

/// <summary>Transaction ids of every age are known, whatever became of the files they lie in.</summary>
public sealed class IndexTests
{
    [Theory]
    [InlineData(0)]
    [InlineData(100)]
    [InlineData(1 << 20)]
    public async Task Ids_of_all_ages_are_known_after_many_merges_and_restarts(long filterBytesMax)
    {
        var options = Tiny.Options with { TransactionFilterBytesMax = filterBytesMax, SegmentBytesMax = 1 << 16 };
        var disk = new FaultyDisk();
        var sent = new List<(Transfer Transfer, TransferOutcome Outcome)>();
        for (var start = 0; start < 5; start++)
        {
            await using var ledger = await OpenLedger.OpenAsync(disk, options);
            if (start == 0) await ledger.FundAsync(4);
            await CheckAllKnownAsync(ledger, sent);
            for (var batch = 0; batch < 12; batch++)
            {
                var transfers = Enumerable.Range(sent.Count, 20)
                    .Select(i => OpenLedger.Transfer(i % 4, (i + 1) % 5, 1 + i % 3, i + 1)).ToArray();
                sent.AddRange(transfers.Zip(await ledger.SendAsync(transfers)));
            }
            await CheckAllKnownAsync(ledger, sent);
            await ledger.DisposeAsync();
            Assert.Equal(0, ledger.Storage.OpenHandles);
        }
        Assert.Contains(disk.Log,
            o => o.Kind == DiskOperationKind.Delete && o.Path.EndsWith(".run", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_reused_id_is_told_apart_at_every_age()
    {
        var disk = new FaultyDisk();
        await using var ledger = await OpenLedger.OpenAsync(disk);
        await ledger.FundAsync(2);
        for (var i = 1; i <= 200; i++)
        {
            await ledger.SendAsync([OpenLedger.Transfer(0, 1, 1, i)]);
            var old = OpenLedger.Transfer(0, 1, 2, 1 + i * 31 % i);
            Assert.Equal(Rejection.TransactionIdReused, (await ledger.Wallet.TransferAsync(old)).Rejection);
        }
        Assert.Equal(1_000_200, await ledger.BalanceAsync(1));
    }

    [Fact]
    public async Task A_start_with_smaller_limits_takes_batches_that_larger_ones_wrote()
    {
        var disk = new FaultyDisk();
        var large = Tiny.JournalOnly with { BatchTransfersMax = 30_000, QueueTransfersMax = 60_000 };
        var transfers = Enumerable.Range(1, 10_000).Select(i => OpenLedger.Transfer(0, 1, 1, i)).ToArray();
        await using (var ledger = await OpenLedger.OpenAsync(disk, large))
        {
            await ledger.FundAsync(2);
            await ledger.SendAsync(transfers);
        }
        foreach (var path in disk.Paths.Where(p => DiskOperation.DirectoryOf(p) is "index" or "snapshots"))
            disk.Lose(path);
        await using var again = await OpenLedger.OpenAsync(disk, Tiny.Options with { BatchTransfersMax = 200 });
        foreach (var portion in transfers.Chunk(200))
            Assert.All(await again.SendAsync(portion), outcome => Assert.True(outcome.Replayed));
        Assert.Equal(1_010_000, await again.BalanceAsync(1));
    }

    private static async Task CheckAllKnownAsync(
        OpenLedger ledger, List<(Transfer Transfer, TransferOutcome Outcome)> sent)
    {
        foreach (var portion in sent.Chunk(500))
            Assert.Equal(
                portion.Select(s => s.Outcome with { Replayed = true }),
                await ledger.SendAsync([.. portion.Select(s => s.Transfer)]));
    }
}
