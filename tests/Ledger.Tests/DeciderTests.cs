namespace OrleansWallet.Ledger.Tests;

public sealed class DeciderTests
{
    private const long Amount = 100;
    private const long Max = Money.MinorUnitsMax;
    private static readonly Currency Usd = Currency.Parse("USD");
    private static readonly Currency Eur = Currency.Parse("EUR");
    private static readonly Money Hundred = new(Amount, Usd);
    private static readonly bool[] NoYes = [false, true];

    // One side of a transfer: every combination of what can be wrong with it.
    private readonly record struct Side(bool Missing, bool Frozen, bool Foreign, bool AtLimit, bool Settlement)
    {
        public static IEnumerable<Side> All =>
            from missing in NoYes
            from frozen in NoYes
            from foreign in NoYes
            from atLimit in NoYes
            from settlement in NoYes
            select new Side(missing, frozen, foreign, atLimit, settlement);

        // At the limit means one minor unit short of what the amount needs; else it is just enough.
        public Account Payer => With(Settlement ? -Max + Amount - (AtLimit ? 1 : 0) : Amount - (AtLimit ? 1 : 0));

        public Account Payee => With(Max - Amount + (AtLimit ? 1 : 0));

        public IEnumerable<Rejection> Faults(Rejection limit)
        {
            if (Missing) yield return Rejection.AccountNotFound;
            if (Frozen) yield return Rejection.AccountFrozen;
            if (Foreign) yield return Rejection.CurrencyMismatch;
            if (AtLimit) yield return limit;
        }

        public Rejection PayerLimit => Settlement ? Rejection.BalanceOverflow : Rejection.InsufficientFunds;

        private Account With(long balance)
        {
            var account = Account.Opened(Foreign ? Eur : Usd, Settlement);
            account.Balance = balance;
            account.FrozenSet(Frozen);
            if (Missing) account.Flags &= ~AccountFlags.Open;
            return account;
        }
    }

    [Fact]
    public void Of_all_faults_of_both_sides_the_lowest_number_is_answered()
    {
        foreach (var from in Side.All)
        {
            foreach (var to in Side.All)
            {
                var faults = from.Faults(from.PayerLimit).Concat(to.Faults(Rejection.BalanceOverflow)).ToList();
                var expected = faults.Count == 0 ? Rejection.None : faults.Min();
                var decided = Decider.Decide(from.Payer, to.Payee, Hundred);
                Assert.True(expected == decided, $"{from} -> {to}: {decided} instead of {expected}");
            }
        }
    }

    [Fact]
    public void Each_side_by_itself_answers_its_own_lowest_number()
    {
        foreach (var side in Side.All)
        {
            Assert.Equal(
                side.Faults(side.PayerLimit).DefaultIfEmpty(Rejection.None).Min(),
                Decider.DecideDebit(side.Payer, Hundred));
            Assert.Equal(
                side.Faults(Rejection.BalanceOverflow).DefaultIfEmpty(Rejection.None).Min(),
                Decider.DecideCredit(side.Payee, Hundred));
        }
    }

    [Fact]
    public void An_account_that_was_never_opened_is_not_found()
    {
        Assert.Equal(Rejection.AccountNotFound, Decider.DecideDebit(default, Hundred));
        Assert.Equal(Rejection.AccountNotFound, Decider.DecideCredit(default, Hundred));
    }

    [Theory]
    [InlineData(0, 1, Rejection.InsufficientFunds)]
    [InlineData(99, 100, Rejection.InsufficientFunds)]
    [InlineData(100, 100, Rejection.None)]
    [InlineData(101, 100, Rejection.None)]
    [InlineData(Max, Max, Rejection.None)]
    [InlineData(Max - 1, Max, Rejection.InsufficientFunds)]
    [InlineData(0, long.MaxValue, Rejection.InsufficientFunds)]
    public void A_debit_above_the_balance_is_refused(long balance, long amount, Rejection expected) =>
        Assert.Equal(expected, Decider.DecideDebit(WithBalance(balance), new Money(amount, Usd)));

    [Theory]
    [InlineData(0, 1, Rejection.None)]
    [InlineData(0, Max, Rejection.None)]
    [InlineData(-1, Max, Rejection.BalanceOverflow)]
    [InlineData(-Max, 1, Rejection.BalanceOverflow)]
    [InlineData(-Max + 1, 1, Rejection.None)]
    [InlineData(-Max + 1, 2, Rejection.BalanceOverflow)]
    [InlineData(Max, Max, Rejection.None)]
    [InlineData(-Max, long.MaxValue, Rejection.BalanceOverflow)]
    public void A_settlement_account_goes_down_to_its_floor_and_no_further(
        long balance, long amount, Rejection expected) =>
        Assert.Equal(expected, Decider.DecideDebit(WithBalance(balance, settlement: true), new Money(amount, Usd)));

    [Theory]
    [InlineData(0, Max, Rejection.None)]
    [InlineData(1, Max, Rejection.BalanceOverflow)]
    [InlineData(Max, 1, Rejection.BalanceOverflow)]
    [InlineData(Max - 1, 1, Rejection.None)]
    [InlineData(-Max, Max, Rejection.None)]
    [InlineData(Max, long.MaxValue, Rejection.BalanceOverflow)]
    [InlineData(1, long.MaxValue, Rejection.BalanceOverflow)]
    public void A_credit_past_the_largest_balance_is_refused_and_never_wraps(
        long balance, long amount, Rejection expected) =>
        Assert.Equal(expected, Decider.DecideCredit(WithBalance(balance, balance < 0), new Money(amount, Usd)));

    // No parser lets a negative amount through; should one get here, it must not move money the other way.
    [Theory]
    [InlineData(-1)]
    [InlineData(-Max)]
    [InlineData(long.MinValue)]
    public void A_negative_amount_is_always_refused(long amount)
    {
        foreach (var payer in new[] { WithBalance(Max), WithBalance(0), WithBalance(Max, true), WithBalance(0, true) })
            foreach (var payee in new[] { WithBalance(0), WithBalance(Max), WithBalance(Max, true) })
                Assert.NotEqual(Rejection.None, Decider.Decide(payer, payee, new Money(amount, Usd)));
    }

    [Fact]
    public void A_transfer_from_an_account_to_itself_is_refused()
    {
        var alice = AccountId.Parse("alice");

        Assert.Equal(Rejection.SameAccount, Decider.DecideAccounts(alice, AccountId.Parse("alice")));
        Assert.Equal(Rejection.None, Decider.DecideAccounts(alice, AccountId.Parse("Alice")));
    }

    [Fact]
    public void Opening_is_decided_by_the_reserved_prefix_first_and_then_by_the_currency_held()
    {
        var alice = AccountId.Parse("alice");
        var open = Account.Opened(Usd, isSettlement: false);
        var settlement = Account.Opened(Usd, isSettlement: true);

        Assert.Equal(Rejection.None, Decider.DecideOpen(default, alice, Usd));
        Assert.Equal(Rejection.None, Decider.DecideOpen(open, alice, Usd));
        Assert.Equal(Rejection.AccountExists, Decider.DecideOpen(open, alice, Eur));
        Assert.Equal(Rejection.ReservedAccountId, Decider.DecideOpen(settlement, AccountId.Settlement(Usd), Usd));
        Assert.Equal(Rejection.ReservedAccountId, Decider.DecideOpen(settlement, AccountId.Settlement(Usd), Eur));
        Assert.Equal(Rejection.ReservedAccountId, Decider.DecideOpen(default, AccountId.Parse("settlement:x"), Usd));
    }

    private static Account WithBalance(long balance, bool settlement = false)
    {
        var account = Account.Opened(Usd, settlement);
        account.Balance = balance;
        return account;
    }
}
