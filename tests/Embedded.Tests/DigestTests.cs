using System.Collections.Concurrent;
using OrleansWallet.Embedded.Tests.Disk;
using OrleansWallet.Embedded.Tests.Support;

namespace OrleansWallet.Embedded.Tests;

/// <summary>The digest that a read of the whole ledger shows is the hash chain's value at its event, under any load.</summary>
public sealed class DigestTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    [Fact]
    public async Task Every_digest_is_the_chains_value_while_light_and_heavy_batches_follow_each_other()
    {
        var disk = new FaultyDisk();
        var shown = new ConcurrentBag<(long Sequence, string? Digest)>();
        await using (var ledger = await OpenLedger.OpenAsync(disk, Tiny.JournalOnly))
        {
            await ledger.FundAsync(4);
            var sending = Enumerable.Range(0, 3).Select(caller => Task.Run(async () =>
            {
                var random = new Random(caller);
                for (var i = 0; i < 150; i++)
                {
                    var count = random.Next(2) == 0 ? random.Next(1, 8) : random.Next(60, 300);
                    await ledger.SendAsync([.. Enumerable.Range(0, count).Select(
                        n => OpenLedger.Transfer(caller, caller + 1, 1, caller * 1_000_000 + i * 1000 + n + 1))]);
                }
            })).ToArray();
            var reading = Enumerable.Range(0, 3).Select(_ => Task.Run(async () =>
            {
                while (!sending.All(task => task.IsCompleted))
                {
                    var view = await ledger.Wallet.ReadLedgerAsync(fresh: true);
                    shown.Add((view.Sequence, view.Digest));
                }
            })).ToArray();
            await Task.WhenAll([.. sending, .. reading]).WaitAsync(Patience);
        }
        var replay = JournalReplay.Read(disk);
        Assert.NotEmpty(shown);
        Assert.All(shown, view => Assert.Equal(replay.ChainAfter(view.Sequence), view.Digest));
    }
}
