using System.Collections.Concurrent;
using Microsoft.Extensions.DependencyInjection;
using OrleansWallet.Grains.Tests.Support;
using OrleansWallet.Ledger;
using Xunit.Abstractions;

namespace OrleansWallet.Grains.Tests;

/// <summary>The silos' clocks are five seconds apart.</summary>
public sealed class ClockSkewTests(ITestOutputHelper output) : IAsyncLifetime
{
    private const int Accounts = 6;
    private const long Start = 1_000;
    private WalletCluster? started;

    private WalletCluster Cluster => started ?? throw new InvalidOperationException("It was not started.");

    public async Task InitializeAsync() => started = await WalletCluster.StartAsync(new TestSettings
    {
        Skews = [TimeSpan.Zero, TimeSpan.FromSeconds(5), TimeSpan.FromSeconds(2.5)],
    });

    public async Task DisposeAsync() => await Cluster.DisposeAsync();

    [Fact]
    public async Task Sequence_numbers_grow_along_each_account_and_no_transfer_fails()
    {
        var accounts = await Ids.FundAsync(Cluster.Wallet, Accounts, Start);
        var answered = new Answered(accounts, Start);
        await Task.WhenAll(Enumerable.Range(0, 8).Select(async caller =>
        {
            var random = new Random(caller);
            for (var i = 0; i < 25; i++)
            {
                var from = random.Next(Accounts);
                var transfer = Ids.Transfer(
                    accounts[from], accounts[(from + random.Next(1, Accounts)) % Accounts], random.Next(1, 100));
                answered.Add(transfer, await Cluster.FrontEnds[random.Next(4)].TransferAsync(transfer));
            }
        }));
        var settled = answered.All.Where(each => each.Outcome.Rejection == Rejection.None).ToArray();
        Assert.Equal(0, answered.CountOf(Rejection.Unavailable));
        Assert.Equal(settled.Length, settled.Select(each => each.Outcome.Sequence).Distinct().Count());
        // The entries' order is the numbers' order, and each account's running balance fits it.
        await answered.CheckAsync(Cluster.Wallet);
        var nodes = settled.Select(each => HybridTime.NodeOf(each.Outcome.Sequence)).Distinct().Count();
        Assert.True(nodes > 1, "All numbers came from one silo.");
        output.WriteLine($"{settled.Length} transfers, numbers of {nodes} silos");
    }

    [Fact]
    public async Task One_caller_sees_each_effect_numbered_after_its_cause_through_any_front_end()
    {
        var accounts = await Ids.FundAsync(Cluster.Wallet, 2, Start);
        var last = 0L;
        for (var i = 0; i < 60; i++)
        {
            var transfer = Ids.Transfer(accounts[i % 2], accounts[1 - i % 2], 1);
            var outcome = await Cluster.FrontEnds[i % 4].TransferAsync(transfer);
            Assert.Equal(Rejection.None, outcome.Rejection);
            Assert.True(outcome.Sequence > last, $"{outcome.Sequence} after {last}");
            last = outcome.Sequence;
        }
    }

    [Fact]
    public async Task The_past_of_an_account_at_its_own_event_can_be_read_at_once_and_stays()
    {
        var accounts = await Ids.FundAsync(Cluster.Wallet, Accounts, Start);
        var cuts = new ConcurrentBag<(AccountId Account, long Sequence, AccountView View)>();
        for (var i = 0; i < 40; i++)
        {
            var (from, to) = (accounts[i % Accounts], accounts[(i + 1) % Accounts]);
            var outcome = await Cluster.FrontEnds[i % 4].TransferAsync(Ids.Transfer(from, to, 5));
            Assert.Equal(Rejection.None, outcome.Rejection);
            foreach (var account in new[] { from, to })
            {
                var found = await Cluster.FrontEnds[(i + 1) % 4]
                    .FindAccountAsync(account, AsOf.AfterSequence(outcome.Sequence));
                Assert.True(
                    found.Account is not null, $"{account} at its own event {outcome.Sequence}: {found.Rejection}");
                cuts.Add((account, outcome.Sequence, found.Account));
            }
        }
        foreach (var (account, sequence, view) in cuts)
            Assert.Equal(view, (await Cluster.Wallet.FindAccountAsync(account, AsOf.AfterSequence(sequence))).Account);
        output.WriteLine($"{cuts.Count} reads of the past, the same later");
    }

    [Fact]
    public async Task A_moment_that_was_told_stays_whatever_a_slower_clock_numbers_after_it()
    {
        var bySkew = Cluster.Cluster.Silos.Index()
            .OrderBy(silo => silo.Item.ServiceProvider.GetRequiredService<TimeProvider>().GetUtcNow()).ToArray();
        var fastest = bySkew[^1].Item.ServiceProvider.GetRequiredService<NodeClock>();
        var slowest = Cluster.FrontEnds[1 + bySkew[0].Index];
        var (told, asked) = (0, 0);
        // Until some of them live on the fastest silo: to the others its moment has not come yet. Where accounts live,
        // Orleans decides by what it knows of the silos' load.
        for (var round = 0; told == 0 && round < 30; round++)
        {
            if (round > 0) await Task.Delay(500);
            var accounts = await Ids.FundAsync(Cluster.Wallet, 40, Start);
            for (var i = 0; i < accounts.Length; i++, asked++)
            {
                var moment = fastest.Now;
                var before = await Cluster.FrontEnds[i % 4].FindAccountAsync(accounts[i], AsOf.AfterSequence(moment));
                if (before.Rejection == Rejection.InTheFuture) continue;
                told++;
                var transfer = Ids.Transfer(accounts[i], accounts[(i + 1) % accounts.Length], 5);
                var outcome = await slowest.TransferAsync(transfer);
                Assert.Equal(Rejection.None, outcome.Rejection);
                Assert.True(
                    outcome.Sequence > moment, $"{outcome.Sequence} was numbered into what was told of {moment}.");
                Assert.Equal(before, await Cluster.Wallet.FindAccountAsync(accounts[i], AsOf.AfterSequence(moment)));
            }
        }
        Assert.InRange(told, 1, asked);
        output.WriteLine($"{told} of {asked} accounts told of a moment five seconds ahead, and held to it");
    }
}
