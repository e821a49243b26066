namespace OrleansWallet.Ledger;

/// <summary>
/// Why something was refused, in order of precedence: of several reasons the caller hears the first. The numbers of
/// 1 to 99 are stored and never change their meaning; those from 100 on are answers only and never recorded.
/// </summary>
public enum Rejection : byte
{
    /// <summary>Not refused.</summary>
    None = 0,
    /// <summary>Payer and payee are the same account.</summary>
    SameAccount = 1,
    /// <summary>One of the accounts was never opened.</summary>
    AccountNotFound = 2,
    /// <summary>One of the accounts is frozen.</summary>
    AccountFrozen = 3,
    /// <summary>One of the accounts holds another currency.</summary>
    CurrencyMismatch = 4,
    /// <summary>The payer has less than the amount.</summary>
    InsufficientFunds = 5,
    /// <summary>A balance would pass <see cref="Money.MinorUnitsMax"/> on either side of zero.</summary>
    BalanceOverflow = 6,

    /// <summary>The transaction id was used before for a transfer with other content.</summary>
    TransactionIdReused = 100,
    /// <summary>The account is open already, in another currency.</summary>
    AccountExists = 101,
    /// <summary>Settlement accounts are there from the start and can't be opened.</summary>
    ReservedAccountId = 102,
    /// <summary>The moment asked for has not come yet.</summary>
    InTheFuture = 103,
    /// <summary>A cursor that this account's entries never gave out.</summary>
    BadCursor = 104,
    /// <summary>No room in the queue. Nothing was done; the same id may be sent again.</summary>
    Overloaded = 110,
    /// <summary>The ledger can't write. The outcome is unknown; the same id may be sent again.</summary>
    Unavailable = 111,
}

/// <summary>Sorts rejections.</summary>
public static class Rejections
{
    /// <summary>The highest number that is ever stored.</summary>
    public const byte StoredMax = 99;

    /// <summary>Whether this refusal of a transfer is final and recorded under the transaction id.</summary>
    public static bool IsFinal(this Rejection rejection) => rejection is > Rejection.None and <= (Rejection)StoredMax;

    /// <summary>Of two answers, the one the caller hears: a refusal before none, the more basic one first.</summary>
    public static Rejection First(Rejection one, Rejection other) =>
        one == Rejection.None ? other : other == Rejection.None || one <= other ? one : other;
}
