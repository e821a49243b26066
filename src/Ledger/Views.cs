namespace OrleansWallet.Ledger;

/// <summary>An account as it stands, or stood, at one moment.</summary>
/// <param name="Id">The account's id.</param>
/// <param name="Balance">Its balance, in its currency.</param>
/// <param name="IsFrozen">Whether it may neither pay nor be paid.</param>
/// <param name="Version">How many entries it has.</param>
/// <param name="UpdatedAt">When its newest event was recorded, in microseconds.</param>
public sealed record AccountView(AccountId Id, Money Balance, bool IsFrozen, long Version, DateTimeOffset UpdatedAt);

/// <summary>An answer about one account: the account, or why there is none.</summary>
/// <param name="Rejection">None, or the reason.</param>
/// <param name="Account">The account; null when refused.</param>
/// <param name="Created">Whether this very request opened it.</param>
public readonly record struct AccountResult(Rejection Rejection, AccountView? Account, bool Created = false)
{
    /// <summary>The answer that refuses.</summary>
    public static AccountResult Refused(Rejection rejection) => new(rejection, null);
}

/// <summary>The moment a read asks for: now, or after a sequence number, or at a time.</summary>
public readonly record struct AsOf
{
    /// <summary>As of now.</summary>
    public static AsOf Now => default;

    /// <summary>The sequence number asked for, if one was.</summary>
    public long? Sequence { get; private init; }

    /// <summary>The time asked for, if one was.</summary>
    public DateTimeOffset? Time { get; private init; }

    /// <summary>After the event of that number, at least 0.</summary>
    public static AsOf AfterSequence(long sequence) => new() { Sequence = sequence };

    /// <summary>After all events recorded at that time or before.</summary>
    public static AsOf At(DateTimeOffset time) => new() { Time = time };
}

/// <summary>A transfer as the ledger recorded it.</summary>
/// <param name="Transfer">Its content.</param>
/// <param name="Rejection">None, or why it was refused for ever.</param>
/// <param name="Sequence">Where it was recorded.</param>
/// <param name="RecordedAt">When, in microseconds.</param>
public sealed record TransferView(Transfer Transfer, Rejection Rejection, long Sequence, DateTimeOffset RecordedAt);

/// <summary>Which way an entry moved money, seen from its account.</summary>
public enum EntryDirection
{
    /// <summary>Out of the account.</summary>
    Debit,
    /// <summary>Into the account.</summary>
    Credit,
}

/// <summary>One line of an account's statement.</summary>
/// <param name="Sequence">The sequence number of the transfer's event.</param>
/// <param name="TransactionId">The transfer.</param>
/// <param name="Direction">Out or in.</param>
/// <param name="Amount">How much, above zero.</param>
/// <param name="Balance">The account's balance after it.</param>
/// <param name="Counterparty">The other account.</param>
/// <param name="RecordedAt">When, in microseconds.</param>
public sealed record EntryView(
    long Sequence, TransactionId TransactionId, EntryDirection Direction, Money Amount, Money Balance,
    AccountId Counterparty, DateTimeOffset RecordedAt);

/// <summary>A page of a statement, newest first.</summary>
/// <param name="Rejection">None, or why there is no page.</param>
/// <param name="Entries">The entries, newest first.</param>
/// <param name="NextCursor">What to send for the next page; null on the last.</param>
public sealed record EntriesPage(Rejection Rejection, IReadOnlyList<EntryView> Entries, string? NextCursor)
{
    /// <summary>The answer that refuses.</summary>
    public static EntriesPage Refused(Rejection rejection) => new(rejection, [], null);
}

/// <summary>The whole ledger at one moment, a consistent cut.</summary>
/// <param name="Sequence">The last event it includes.</param>
/// <param name="Accounts">How many accounts callers opened; settlement accounts don't count.</param>
/// <param name="Transfers">How many transfers moved money.</param>
/// <param name="Totals">The sum of all balances of each currency that was used, by code; each is zero.</param>
/// <param name="Digest">The hash chain's value at <paramref name="Sequence"/>, where there is one chain.</param>
public sealed record LedgerView(
    long Sequence, long Accounts, long Transfers, IReadOnlyList<Money> Totals, string? Digest);

/// <summary>Whether the wallet can do its work.</summary>
/// <param name="IsReady">Recovered and able to write.</param>
/// <param name="Reason">Why not, for an operator; null when ready.</param>
public readonly record struct Readiness(bool IsReady, string? Reason);
