using OrleansWallet.Grains.Tests.Support;
using OrleansWallet.Ledger;
using Xunit.Abstractions;

namespace OrleansWallet.Grains.Tests;

/// <summary>A settlement account in stripes is one account to whoever looks at it. A currency for each test.</summary>
[Collection(SharedCluster.Name)]
public sealed class SettlementTests(SharedCluster shared, ITestOutputHelper output)
{
    private const long Max = Money.MinorUnitsMax;

    private ClusterWallet Wallet => shared.Cluster.Wallet;

    [Theory]
    [InlineData("CHF")]
    [InlineData("SEK")]
    public async Task The_largest_amount_goes_out_and_comes_back_and_nothing_goes_further(string code)
    {
        var currency = Currency.Parse(code);
        var (alice, bob) = (await OpenAsync("alice", currency), await OpenAsync("bob", currency));
        var settlement = AccountId.Settlement(currency);
        for (var round = 0; round < 3; round++)
        {
            await SendAsync(settlement, alice, Max, Rejection.None);
            Assert.Equal(-Max, await BalanceAsync(settlement));
            await SendAsync(settlement, bob, 1, Rejection.BalanceOverflow);
            await SendAsync(settlement, alice, 1, Rejection.BalanceOverflow);
            await CheckSharesAsync(currency);
            await SendAsync(alice, settlement, Max, Rejection.None);
            await SendAsync(alice, settlement, 1, Rejection.InsufficientFunds);
            Assert.Equal(0, await BalanceAsync(settlement));
            await CheckSharesAsync(currency);
        }
    }

    [Fact]
    public async Task Small_amounts_up_to_the_limit_are_all_taken_and_the_next_is_not()
    {
        var currency = Currency.Parse("NOK");
        var settlement = AccountId.Settlement(currency);
        var payees = new List<AccountId>();
        for (var i = 0; i < 9; i++) payees.Add(await OpenAsync($"payee{i}", currency));
        foreach (var payee in payees) await SendAsync(settlement, payee, Max / 9, Rejection.None);
        Assert.Equal(-Max, await BalanceAsync(settlement));
        await SendAsync(settlement, payees[0], 1, Rejection.BalanceOverflow);
        await SendAsync(payees[0], settlement, 5, Rejection.None);
        await SendAsync(settlement, payees[1], 6, Rejection.BalanceOverflow);
        await SendAsync(settlement, payees[1], 5, Rejection.None);
        await CheckSharesAsync(currency);
    }

    [Fact]
    public async Task Large_amounts_at_once_all_end_and_the_sum_stays_within_the_limits()
    {
        var currency = Currency.Parse("DKK");
        var settlement = AccountId.Settlement(currency);
        var payees = await Task.WhenAll(Enumerable.Range(0, 4).Select(i => OpenAsync($"large{i}", currency)));
        var answered = new Answered([.. payees], 0);
        await Task.WhenAll(Enumerable.Range(0, 12).Select(async i =>
        {
            var transfer = new Transfer(
                Ids.New(), settlement, payees[i % 4], new Money(Max / 5, currency));
            answered.Add(transfer, await shared.Cluster.FrontEnds[i % 4].TransferAsync(transfer));
        }));
        output.WriteLine(
            $"{answered.Moved} moved, {answered.CountOf(Rejection.BalanceOverflow)} overflows, "
            + $"{answered.CountOf(Rejection.Unavailable)} unavailable at first");
        await answered.SettleAsync(Wallet);
        Assert.Equal(5, answered.Moved);
        Assert.Equal(7, answered.CountOf(Rejection.BalanceOverflow));
        await answered.CheckAsync(Wallet);
        await CheckSharesAsync(currency);
    }

    [Fact]
    public async Task A_frozen_settlement_account_neither_pays_nor_is_paid()
    {
        var currency = Currency.Parse("CZK");
        var settlement = AccountId.Settlement(currency);
        var alice = await OpenAsync("alice", currency);
        for (var i = 0; i < 8; i++) await SendAsync(settlement, alice, 10, Rejection.None);
        var frozen = await Wallet.SetFrozenAsync(settlement, frozen: true);
        Assert.True(frozen.Account?.IsFrozen);
        for (var i = 0; i < 8; i++)
        {
            await SendAsync(settlement, alice, 10, Rejection.AccountFrozen);
            await SendAsync(alice, settlement, 10, Rejection.AccountFrozen);
        }
        Assert.False((await Wallet.SetFrozenAsync(settlement, frozen: false)).Account?.IsFrozen);
        for (var i = 0; i < 8; i++) await SendAsync(alice, settlement, 10, Rejection.None);
        Assert.Equal(0, await BalanceAsync(settlement));
        Assert.Equal(16, (await Entries.AllAsync(Wallet, settlement)).Count);
    }

    [Fact]
    public async Task Its_entries_are_merged_with_a_running_balance_and_its_past_can_be_read()
    {
        var currency = Currency.Parse("PLN");
        var settlement = AccountId.Settlement(currency);
        var accounts = new[] { await OpenAsync("alice", currency), await OpenAsync("bob", currency) };
        for (var i = 0; i < 30; i++) await SendAsync(settlement, accounts[i % 2], 10 + i, Rejection.None);
        for (var i = 0; i < 10; i++) await SendAsync(accounts[i % 2], settlement, 3, Rejection.None);
        var entries = await Entries.AllAsync(Wallet, settlement, limit: 7);
        Assert.Equal(40, entries.Count);
        entries.Reverse();
        var (balance, version) = (0L, 0L);
        foreach (var entry in entries)
        {
            var amount = entry.Amount.MinorUnits;
            balance += entry.Direction == EntryDirection.Debit ? -amount : amount;
            Assert.Equal(balance, entry.Balance.MinorUnits);
            var then = (await Wallet.FindAccountAsync(settlement, AsOf.AfterSequence(entry.Sequence))).Account;
            Assert.Equal((balance, ++version), (then?.Balance.MinorUnits ?? 0, then?.Version ?? 0));
        }
        var before = await Wallet.FindAccountAsync(settlement, AsOf.AfterSequence(entries[0].Sequence - 1));
        Assert.Equal((0, 0), (before.Account?.Balance.MinorUnits ?? -1, before.Account?.Version ?? -1));
    }

    [Fact]
    public async Task Pages_stay_the_same_while_new_entries_arrive()
    {
        var currency = Currency.Parse("HUF");
        var settlement = AccountId.Settlement(currency);
        var alice = await OpenAsync("alice", currency);
        for (var i = 0; i < 24; i++) await SendAsync(settlement, alice, 1 + i, Rejection.None);
        foreach (var account in new[] { settlement, alice })
        {
            var before = await Entries.AllAsync(Wallet, account);
            var paged = new List<EntryView>();
            string? cursor = null;
            do
            {
                var page = await shared.Cluster.FrontEnds[paged.Count % 4].ListEntriesAsync(account, 5, cursor);
                paged.AddRange(page.Entries);
                cursor = page.NextCursor;
                await SendAsync(settlement, alice, 1, Rejection.None);
            }
            while (cursor is not null);
            Assert.Equal(before, paged);
        }
        Assert.Equal(
            Rejection.BadCursor, (await Wallet.ListEntriesAsync(settlement, 5, "1")).Rejection);
    }

    private async Task<AccountId> OpenAsync(string name, Currency currency)
    {
        var id = AccountId.Parse($"{currency.Code}-{name}");
        Assert.Equal(Rejection.None, (await Wallet.OpenAccountAsync(id, currency)).Rejection);
        return id;
    }

    private async Task SendAsync(AccountId from, AccountId to, long amount, Rejection expected)
    {
        var account = (await Wallet.FindAccountAsync(from, AsOf.Now)).Account;
        Assert.NotNull(account);
        var outcome = await Wallet.TransferAsync(
            new Transfer(Ids.New(), from, to, new Money(amount, account.Balance.Currency)));
        Assert.Equal(expected, outcome.Rejection);
    }

    private async Task<long> BalanceAsync(AccountId account) =>
        (await Wallet.FindAccountAsync(account, AsOf.Now)).Account?.Balance.MinorUnits
            ?? throw new KeyNotFoundException();

    // Each stripe is within its share, and the shares together keep the limits.
    private async Task CheckSharesAsync(Currency currency)
    {
        var (sum, lowest, highest) = (Int128.Zero, Int128.Zero, Int128.Zero);
        foreach (var key in SettlementStripes.Keys(AccountId.Settlement(currency), 4))
        {
            var stripe = await shared.Cluster.ReadAsync(grains => grains.GetGrain<IAccountGrain>(key).Read());
            Assert.NotNull(stripe?.Share);
            sum += stripe.Balance;
            lowest += stripe.Share.Lowest;
            highest += stripe.Share.Highest;
            Assert.InRange(stripe.Balance, stripe.Share.Lowest, stripe.Share.Highest);
        }
        Assert.True(lowest >= -Max && highest <= Max, $"The shares sum to {lowest} and {highest}.");
        Assert.Equal(sum, (Int128)await BalanceAsync(AccountId.Settlement(currency)));
    }
}
