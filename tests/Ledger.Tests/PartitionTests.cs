namespace OrleansWallet.Ledger.Tests;

public sealed class PartitionTests
{
    private const long Max = Money.MinorUnitsMax;
    private static readonly Currency Usd = Currency.Parse("USD");

    [Fact]
    public void A_new_ledger_has_one_settlement_account_for_each_currency_and_counts_none_of_them()
    {
        var ledger = TestLedger.WithSettlement();

        Assert.Equal(Currency.All.Count, ledger.Partition.Accounts.Count);
        Assert.Equal(Currency.All.Count, ledger.Partition.Sequence);
        Assert.Equal(0, ledger.Partition.AccountsOpened);
        Assert.Empty(ledger.Partition.Totals);
        foreach (var currency in Currency.All)
        {
            var account = ledger.Partition.Accounts[ledger.NumberOf("settlement:" + currency.Code)].Account;
            Assert.True(account is { IsOpen: true, IsSettlement: true, Balance: 0 });
            Assert.Equal(currency, account.Currency);
        }
    }

    [Fact]
    public void Opening_the_settlement_accounts_again_records_nothing()
    {
        var ledger = TestLedger.WithSettlement();
        var image = ledger.Image;

        ledger.Partition.OpenSettlementAccounts(ledger.NowMicros + 1, ledger.Kept.Batch);

        Assert.Equal(0, ledger.Kept.Batch.Length);
        Assert.Equal(image, ledger.Image);
    }

    [Fact]
    public void A_transfer_moves_money_from_one_account_to_the_other()
    {
        var ledger = TestLedger.WithSettlement();
        ledger.Open("alice", "USD");

        var outcome = ledger.Send(1, "settlement:USD", "alice", 250);

        Assert.Equal(new TransferOutcome(Rejection.None, false, ledger.Partition.Sequence), outcome);
        Assert.Equal((250, -250), (ledger.BalanceOf("alice"), ledger.BalanceOf("settlement:USD")));
        Assert.Equal(1, ledger.Partition.Transfers);
        Assert.Equal([new Money(0, Usd)], ledger.Partition.Totals);
    }

    [Fact]
    public void Within_a_batch_money_received_can_be_passed_on_at_once()
    {
        var ledger = TestLedger.WithSettlement();
        ledger.Open("alice", "USD");
        ledger.Open("bob", "USD");

        var outcomes = ledger.Send(
        [
            Command(1, "alice", "bob", 5),
            Command(2, "settlement:USD", "alice", 5),
            Command(3, "alice", "bob", 5),
            Command(2, "settlement:USD", "alice", 5),
            Command(1, "alice", "bob", 5),
            Command(3, "alice", "bob", 6),
        ]);

        var first = outcomes[0].Sequence;
        Assert.Equal(
        [
            new(Rejection.InsufficientFunds, false, first),
            new(Rejection.None, false, first + 1),
            new(Rejection.None, false, first + 2),
            new(Rejection.None, true, first + 1),
            new(Rejection.InsufficientFunds, true, first),
            new(Rejection.TransactionIdReused, false, 0),
        ],
            outcomes);
        Assert.Equal((0, 5), (ledger.BalanceOf("alice"), ledger.BalanceOf("bob")));
    }

    [Fact]
    public void A_refusal_is_final_even_when_its_reason_has_gone()
    {
        var ledger = TestLedger.WithSettlement();
        ledger.Open("bob", "USD");
        var early = ledger.Send(1, "settlement:USD", "alice", 5);

        ledger.Open("alice", "USD");

        Assert.Equal(Rejection.AccountNotFound, early.Rejection);
        Assert.Equal(early with { Replayed = true }, ledger.Send(1, "settlement:USD", "alice", 5));
        Assert.Equal(Rejection.None, ledger.Send(2, "settlement:USD", "alice", 5).Rejection);
    }

    [Fact]
    public void Balances_stop_at_the_limit_on_both_sides_of_zero()
    {
        var ledger = TestLedger.WithSettlement();
        ledger.Open("alice", "USD");
        ledger.Open("bob", "USD");

        Assert.Equal(Rejection.None, ledger.Send(1, "settlement:USD", "alice", Max).Rejection);
        Assert.Equal(Rejection.BalanceOverflow, ledger.Send(2, "settlement:USD", "alice", 1).Rejection);
        Assert.Equal(Rejection.BalanceOverflow, ledger.Send(3, "settlement:USD", "bob", 1).Rejection);
        Assert.Equal(Rejection.None, ledger.Send(4, "alice", "bob", Max).Rejection);
        Assert.Equal(Rejection.None, ledger.Send(5, "bob", "settlement:USD", Max).Rejection);
        Assert.Equal(0, ledger.BalanceOf("settlement:USD"));
    }

    [Fact]
    public void Opening_tells_created_once_and_another_currency_or_a_reserved_id_is_refused()
    {
        var ledger = TestLedger.WithSettlement();

        Assert.Equal((Rejection.None, true), (ledger.Open("alice", "USD", out var created), created));
        var records = ledger.Kept.Length;
        Assert.Equal((Rejection.None, false), (ledger.Open("alice", "USD", out created), created));
        Assert.Equal((Rejection.AccountExists, false), (ledger.Open("alice", "EUR", out created), created));
        Assert.Equal(
            (Rejection.ReservedAccountId, false), (ledger.Open("settlement:USD", "USD", out created), created));
        Assert.Equal(
            (Rejection.ReservedAccountId, false), (ledger.Open("settlement:new", "USD", out created), created));
        Assert.Equal((records, 1), (ledger.Kept.Length, ledger.Partition.AccountsOpened));
        Assert.Equal([new Money(0, Usd)], ledger.Partition.Totals);
    }

    [Fact]
    public void A_frozen_account_neither_pays_nor_is_paid_until_it_is_unfrozen()
    {
        var ledger = TestLedger.After(Script.Beginning);

        Assert.Equal(Rejection.None, ledger.Freeze("alice"));
        Assert.Equal(Rejection.AccountFrozen, ledger.Send(1, "alice", "bob", 1).Rejection);
        Assert.Equal(Rejection.AccountFrozen, ledger.Send(2, "bob", "alice", 1).Rejection);
        Assert.Equal(Rejection.None, ledger.Freeze("alice", on: false));
        Assert.Equal(Rejection.None, ledger.Send(3, "alice", "bob", 1).Rejection);
    }

    [Fact]
    public void Freezing_what_is_frozen_records_nothing_and_what_is_unknown_is_not_found()
    {
        var ledger = TestLedger.After(Script.Beginning);
        ledger.Freeze("alice");
        var records = ledger.Kept.Length;

        Assert.Equal(Rejection.None, ledger.Freeze("alice"));
        Assert.Equal(Rejection.None, ledger.Freeze("bob", on: false));
        Assert.Equal(Rejection.AccountNotFound, ledger.Freeze("nobody"));
        Assert.Equal(records, ledger.Kept.Length);
    }

    // A record that replay would refuse must never be written; no parser lets such an amount through.
    [Theory]
    [InlineData(0)]
    [InlineData(-1)]
    [InlineData(long.MinValue)]
    public void An_amount_that_is_not_above_zero_throws_and_leaves_nothing_behind(long amount)
    {
        var ledger = TestLedger.After(Script.Beginning);
        var image = ledger.Image;

        Assert.Throws<ArgumentOutOfRangeException>(() => ledger.Send(1, "alice", "bob", amount));
        Assert.Equal(0, ledger.Kept.Batch.Length);
        Assert.Equal(image, ledger.Image);
    }

    [Fact]
    public void A_transfer_with_a_name_missing_throws_and_leaves_nothing_behind()
    {
        var ledger = TestLedger.After(Script.Beginning);
        var image = ledger.Image;
        var whole = new Command.Send(1, "alice", "bob", 1, "USD").ToTransfer();
        Transfer[] lacking =
        [
            whole with { Id = default }, whole with { From = default }, whole with { To = default },
            whole with { Amount = new Money(1, default) },
        ];

        Assert.All(lacking, transfer =>
            Assert.Throws<ArgumentException>(() => ledger.Send([new TransferCommand(transfer)])));
        Assert.Equal(0, ledger.Kept.Batch.Length);
        Assert.Equal(image, ledger.Image);
    }

    [Fact]
    public void The_time_of_an_earlier_clock_is_replaced_by_the_last_one_recorded()
    {
        var ledger = TestLedger.After(Script.Beginning);
        var last = ledger.Partition.LastAtMicros;
        ledger.NowMicros = 5;

        ledger.Send(1, "alice", "bob", 1);
        ledger.Freeze("alice");
        ledger.Open("carol", "USD");

        Assert.Equal(last, ledger.Partition.LastAtMicros);
        Assert.Equal(Partition.FromMicros(last), ledger.Partition.View(ledger.NumberOf("carol")).UpdatedAt);
    }

    [Fact]
    public void An_account_is_viewed_as_it_stands()
    {
        var ledger = TestLedger.After(Script.Beginning);
        ledger.NowMicros += 1_000_001;
        ledger.Send(1, "alice", "bob", 100);
        ledger.Freeze("bob");

        var at = DateTimeOffset.UnixEpoch.AddMicroseconds(ledger.NowMicros);
        Assert.Equal(
            new AccountView(AccountId.Parse("alice"), new Money(200, Usd), false, 2, at),
            ledger.Partition.View(ledger.NumberOf("alice")));
        Assert.Equal(
            new AccountView(AccountId.Parse("bob"), new Money(400, Usd), true, 2, at),
            ledger.Partition.View(ledger.NumberOf("bob")));
    }

    [Fact]
    public void A_date_is_recorded_as_the_microsecond_begun()
    {
        var at = DateTimeOffset.UnixEpoch.AddTicks(12_345_678_909);

        Assert.Equal(1_234_567_890, Partition.ToMicros(at));
        Assert.Equal(at.AddTicks(-9), Partition.FromMicros(Partition.ToMicros(at)));
        Assert.Equal(Partition.ToMicros(at), Partition.ToMicros(at.ToOffset(TimeSpan.FromHours(5))));
        Assert.Equal(0, Partition.ToMicros(DateTimeOffset.UnixEpoch));
    }

    private static TransferCommand Command(int id, string from, string to, long amount) =>
        new(new Command.Send(id, from, to, amount, "USD").ToTransfer());
}
