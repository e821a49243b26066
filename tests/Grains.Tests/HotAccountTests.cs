using System.Diagnostics;
using OrleansWallet.Grains.Tests.Support;
using OrleansWallet.Ledger;
using Xunit.Abstractions;

namespace OrleansWallet.Grains.Tests;

/// <summary>Many callers, few accounts, both directions.</summary>
[Collection(SharedCluster.Name)]
public sealed class HotAccountTests(SharedCluster shared, ITestOutputHelper output)
{
    private const long Start = 500;

    [Theory]
    [InlineData(2, 32, 20)]
    [InlineData(5, 48, 12)]
    public async Task Transfers_in_both_directions_all_end_and_the_ledger_holds_to_the_answers(
        int count, int callers, int each)
    {
        var cluster = shared.Cluster;
        var accounts = await Ids.FundAsync(cluster.Wallet, count, Start);
        var answered = new Answered(accounts, Start);
        var clock = Stopwatch.StartNew();
        var slowest = TimeSpan.Zero;
        await Task.WhenAll(Enumerable.Range(0, callers).Select(async caller =>
        {
            var random = new Random(caller);
            var wallet = cluster.FrontEnds[caller % cluster.FrontEnds.Count];
            for (var i = 0; i < each; i++)
            {
                var from = random.Next(count);
                var to = (from + 1 + random.Next(count - 1)) % count;
                var transfer = Ids.Transfer(accounts[from], accounts[to], random.Next(1, 200));
                var began = clock.Elapsed;
                answered.Add(transfer, await wallet.TransferAsync(transfer));
                lock (output) slowest = TimeSpan.FromTicks(Math.Max(slowest.Ticks, (clock.Elapsed - began).Ticks));
            }
        }));
        output.WriteLine(
            $"{answered.Count} transfers over {count} accounts in {clock.Elapsed.TotalSeconds:0.0} s, slowest "
            + $"{slowest.TotalSeconds:0.00} s; moved {answered.Moved}, "
            + $"refused {answered.CountOf(Rejection.InsufficientFunds)}, "
            + $"unavailable {answered.CountOf(Rejection.Unavailable)}");
        Assert.Equal(0, answered.CountOf(Rejection.Unavailable));
        // A deadlock would last until a lock's time-out, 4 s and more.
        Assert.InRange(slowest, TimeSpan.Zero, TimeSpan.FromSeconds(20));
        await answered.CheckAsync(cluster.FrontEnds[1]);
    }

    [Fact]
    public async Task A_ring_of_transfers_at_once_leaves_every_account_as_it_was()
    {
        var cluster = shared.Cluster;
        var accounts = await Ids.FundAsync(cluster.Wallet, 6, Start);
        var answered = new Answered(accounts, Start);
        for (var round = 0; round < 20; round++)
        {
            await Task.WhenAll(accounts.Select(async (from, i) =>
            {
                var transfer = Ids.Transfer(from, accounts[(i + 1) % accounts.Length], 10);
                answered.Add(transfer, await cluster.FrontEnds[i % cluster.FrontEnds.Count].TransferAsync(transfer));
            }));
        }
        Assert.Equal(answered.Count, answered.Moved);
        await answered.CheckAsync(cluster.Wallet);
        foreach (var account in accounts)
            Assert.Equal(Start, (await cluster.Wallet.FindAccountAsync(account, AsOf.Now)).Account?.Balance.MinorUnits);
        output.WriteLine($"{answered.Count} transfers around a ring of {accounts.Length}");
    }
}
