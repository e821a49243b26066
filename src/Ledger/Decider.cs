namespace OrleansWallet.Ledger;

/// <summary>
/// The rules of money, and the only place that has them. Pure: the same arguments give the same answer, on any
/// machine, and nothing is allocated.
/// </summary>
public static class Decider
{
    /// <summary>Decides a transfer between two accounts that one place can see both of.</summary>
    public static Rejection Decide(in Account from, in Account to, Money amount) =>
        Rejections.First(DecideDebit(from, amount), DecideCredit(to, amount));

    /// <summary>Decides what needs no account but what names it: a transfer from an account to itself.</summary>
    public static Rejection DecideAccounts<T>(T from, T to) where T : struct, IEquatable<T> =>
        from.Equals(to) ? Rejection.SameAccount : Rejection.None;

    // The checks of both sides run in the order of Rejection, so the caller hears the most basic fault first.

    /// <summary>Decides the payer's side.</summary>
    public static Rejection DecideDebit(in Account account, Money amount)
    {
        if (!account.IsOpen) return Rejection.AccountNotFound;
        if (account.IsFrozen) return Rejection.AccountFrozen;
        if (account.Currency != amount.Currency) return Rejection.CurrencyMismatch;
        // A settlement account has no funds of its own: at its floor a number is full, not a purse empty.
        if ((ulong)amount.MinorUnits > Distance(account.Floor, account.Balance))
            return account.IsSettlement ? Rejection.BalanceOverflow : Rejection.InsufficientFunds;
        return Rejection.None;
    }

    /// <summary>Decides the payee's side.</summary>
    public static Rejection DecideCredit(in Account account, Money amount)
    {
        if (!account.IsOpen) return Rejection.AccountNotFound;
        if (account.IsFrozen) return Rejection.AccountFrozen;
        if (account.Currency != amount.Currency) return Rejection.CurrencyMismatch;
        return (ulong)amount.MinorUnits > Distance(account.Balance, Money.MinorUnitsMax)
            ? Rejection.BalanceOverflow
            : Rejection.None;
    }

    /// <summary>Decides the payer's side where transfers under way hold a part of its balance.</summary>
    public static Rejection DecideDebit(in Account account, long heldMinorUnits, Money amount) =>
        DecideDebit(account.With(unchecked(account.Balance - heldMinorUnits)), amount);

    /// <summary>Decides the payee's side where transfers under way were promised to add to its balance.</summary>
    public static Rejection DecideCredit(in Account account, long promisedMinorUnits, Money amount) =>
        DecideCredit(account.With(unchecked(account.Balance + promisedMinorUnits)), amount);

    /// <summary>Decides the opening of an account id that is taken or free.</summary>
    public static Rejection DecideOpen(in Account account, AccountId id, Currency currency)
    {
        if (id.IsSettlement) return Rejection.ReservedAccountId;
        return account.IsOpen && account.Currency != currency ? Rejection.AccountExists : Rejection.None;
    }

    // From one end of the range to the other is 18·10^18: more than a long holds, less than a ulong does.
    private static ulong Distance(long low, long high) => unchecked((ulong)high - (ulong)low);
}
