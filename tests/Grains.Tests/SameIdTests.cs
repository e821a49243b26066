using OrleansWallet.Grains.Tests.Support;
using OrleansWallet.Ledger;
using Xunit.Abstractions;

namespace OrleansWallet.Grains.Tests;

/// <summary>One transaction id, asked for many times at one moment, from every front end.</summary>
[Collection(SharedCluster.Name)]
public sealed class SameIdTests(SharedCluster shared, ITestOutputHelper output)
{
    private const int Requests = 100;
    private const long Start = 10_000;

    private WalletCluster Cluster => shared.Cluster;

    [Fact]
    public async Task A_hundred_equal_requests_move_money_once_and_are_answered_the_same()
    {
        var accounts = await Ids.FundAsync(Cluster.Wallet, 2, Start);
        for (var round = 0; round < 5; round++)
        {
            var transfer = Ids.Transfer(accounts[0], accounts[1], 7);
            var outcomes = await SendAsync(_ => transfer);
            Assert.All(outcomes, outcome => Assert.Equal(Rejection.None, outcome.Rejection));
            Assert.Single(outcomes, outcome => !outcome.Replayed);
            Assert.Single(outcomes.Select(outcome => outcome.Sequence).Distinct());
            Assert.Equal(Start - (round + 1) * 7, await BalanceAsync(accounts[0]));
            Assert.Equal(Start + (round + 1) * 7, await BalanceAsync(accounts[1]));
        }
        Assert.Equal(6, (await Entries.AllAsync(Cluster.Wallet, accounts[0])).Count);
        output.WriteLine($"5 rounds of {Requests} equal requests: one movement each");
    }

    [Fact]
    public async Task A_hundred_equal_requests_that_are_refused_get_the_same_refusal()
    {
        var accounts = await Ids.FundAsync(Cluster.Wallet, 2, Start);
        var transfer = Ids.Transfer(accounts[0], accounts[1], Start + 1);
        var outcomes = await SendAsync(_ => transfer);
        Assert.All(outcomes, outcome => Assert.Equal(Rejection.InsufficientFunds, outcome.Rejection));
        Assert.Single(outcomes, outcome => !outcome.Replayed);
        Assert.Single(outcomes.Select(outcome => outcome.Sequence).Distinct());
        await Cluster.Wallet.TransferAsync(Ids.Transfer(Ids.SettlementUsd, accounts[0], 1));
        Assert.Equal(outcomes[0] with { Replayed = true }, await Cluster.Wallet.TransferAsync(transfer));
        Assert.Equal(Start, await BalanceAsync(accounts[1]));
    }

    [Fact]
    public async Task Of_requests_with_different_amounts_one_wins_and_the_others_hear_that_the_id_was_used()
    {
        var accounts = await Ids.FundAsync(Cluster.Wallet, 2, Start);
        var id = Ids.New();
        var outcomes = await SendAsync(i => Ids.Transfer(id, accounts[0], accounts[1], 1 + i % 10));
        await CheckOneContentWonAsync(id, outcomes, i => Ids.Transfer(id, accounts[0], accounts[1], 1 + i % 10));
    }

    [Fact]
    public async Task Of_requests_with_different_payers_one_wins_and_no_other_payer_pays()
    {
        var accounts = await Ids.FundAsync(Cluster.Wallet, 10, Start);
        var id = Ids.New();
        Transfer Of(int i) => Ids.Transfer(id, accounts[i % 10], accounts[(i + 1) % 10], 5);
        var won = await CheckOneContentWonAsync(id, await SendAsync(Of), Of);
        foreach (var account in accounts)
        {
            var moved = account == won.From ? -5 : account == won.To ? 5 : 0;
            Assert.Equal(Start + moved, await BalanceAsync(account));
        }
    }

    [Fact]
    public async Task Single_requests_and_batches_with_the_same_ids_at_once_move_each_once()
    {
        var accounts = await Ids.FundAsync(Cluster.Wallet, 2, Start);
        var transfers = Enumerable.Range(0, 10).Select(_ => Ids.Transfer(accounts[0], accounts[1], 3)).ToArray();
        var answers = await Task.WhenAll(Enumerable.Range(0, 40).Select(async i =>
        {
            var wallet = Cluster.FrontEnds[i % Cluster.FrontEnds.Count];
            if (i % 4 != 0) return [(transfers[i % 10], await wallet.TransferAsync(transfers[i % 10]))];
            var outcomes = new TransferOutcome[transfers.Length];
            await wallet.TransferManyAsync(transfers, outcomes);
            return transfers.Zip(outcomes);
        }));
        foreach (var same in answers.SelectMany(each => each).GroupBy(each => each.Item1.Id, each => each.Item2))
        {
            Assert.All(same, outcome => Assert.Equal(Rejection.None, outcome.Rejection));
            Assert.Single(same, outcome => !outcome.Replayed);
            Assert.Single(same.Select(outcome => outcome.Sequence).Distinct());
        }
        Assert.Equal(Start - 30, await BalanceAsync(accounts[0]));
        Assert.Equal(Start + 30, await BalanceAsync(accounts[1]));
    }

    private async Task<TransferOutcome[]> SendAsync(Func<int, Transfer> transfer) =>
        await Task.WhenAll(Enumerable.Range(0, Requests).Select(
            i => Cluster.FrontEnds[i % Cluster.FrontEnds.Count].TransferAsync(transfer(i)).AsTask()));

    private async Task<Transfer> CheckOneContentWonAsync(
        TransactionId id, TransferOutcome[] outcomes, Func<int, Transfer> contentOf)
    {
        var record = await Cluster.Wallet.FindTransferAsync(id);
        Assert.NotNull(record);
        Assert.Single(outcomes, outcome => outcome is { Rejection: Rejection.None, Replayed: false });
        for (var i = 0; i < outcomes.Length; i++)
        {
            if (contentOf(i) == record.Transfer)
                Assert.Equal(
                    (Rejection.None, record.Sequence), (outcomes[i].Rejection, outcomes[i].Sequence));
            else
                Assert.Equal(new TransferOutcome(Rejection.TransactionIdReused, Replayed: false, 0), outcomes[i]);
        }
        return record.Transfer;
    }

    private async Task<long> BalanceAsync(AccountId account) =>
        (await Cluster.Wallet.FindAccountAsync(account, AsOf.Now)).Account?.Balance.MinorUnits ?? -1;
}
