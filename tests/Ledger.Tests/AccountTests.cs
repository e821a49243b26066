using System.Runtime.CompilerServices;

namespace OrleansWallet.Ledger.Tests;

public sealed class AccountTests
{
    private static readonly Currency Usd = Currency.Parse("USD");

    // Accounts are written to images as they lie in memory.
    [Fact]
    public void An_account_takes_24_bytes_and_its_slot_64()
    {
        Assert.Equal(24, Unsafe.SizeOf<Account>());
        Assert.Equal(64, Unsafe.SizeOf<AccountSlot>());
    }

    [Fact]
    public void An_opened_account_holds_nothing_and_may_not_go_below_zero()
    {
        var account = Account.Opened(Usd, isSettlement: false);

        Assert.True(account is { IsOpen: true, IsFrozen: false, IsSettlement: false, Balance: 0, Version: 0 });
        Assert.Equal((Usd, 0), (account.Currency, account.Floor));
    }

    [Fact]
    public void A_settlement_account_may_go_below_zero_to_the_limit()
    {
        var account = Account.Opened(Usd, isSettlement: true);

        Assert.True(account is { IsOpen: true, IsSettlement: true });
        Assert.Equal(-Money.MinorUnitsMax, account.Floor);
    }

    [Fact]
    public void The_default_account_was_never_opened() =>
        Assert.True(default(Account) is { IsOpen: false, IsFrozen: false, IsSettlement: false, Balance: 0 });

    [Fact]
    public void Debits_and_credits_move_the_balance_and_count_a_version_each()
    {
        var account = Account.Opened(Usd, isSettlement: false);

        account.Credited(30);
        account.Debited(10);

        Assert.Equal((20, 2), (account.Balance, account.Version));
    }

    [Fact]
    public void Freezing_and_its_end_leave_everything_else_as_it_was()
    {
        var account = Account.Opened(Usd, isSettlement: true);
        account.Credited(5);
        var before = account;

        account.FrozenSet(true);
        Assert.True(account is { IsFrozen: true, IsOpen: true, IsSettlement: true, Balance: 5, Version: 1 });
        account.FrozenSet(false);
        Assert.Equal(before, account);
    }

    [Fact]
    public void What_was_never_decided_throws_where_it_would_wrap()
    {
        var full = new Account { Balance = long.MaxValue };
        var empty = new Account { Balance = long.MinValue };

        Assert.Throws<OverflowException>(() => full.Credited(1));
        Assert.Throws<OverflowException>(() => empty.Debited(1));
    }
}
