using OrleansWallet.Ledger;

namespace OrleansWallet.Grains;

/// <summary>A transfer on its way to its grain, whose key is the transaction id.</summary>
[GenerateSerializer, Immutable, Alias("wallet.TransferOrder")]
public sealed record TransferOrder(
    [property: Id(0)] Guid Id, [property: Id(1)] string From, [property: Id(2)] string To,
    [property: Id(3)] long MinorUnits, [property: Id(4)] ushort Currency)
{
    /// <summary>The order that a transfer makes.</summary>
    public static TransferOrder Of(in Transfer transfer) => new(
        transfer.Id.Value, transfer.From.Value, transfer.To.Value, transfer.Amount.MinorUnits,
        transfer.Amount.Currency.NumericCode);

    /// <summary>The transfer that it orders.</summary>
    public Transfer ToTransfer() => new(
        new TransactionId(Id), AccountId.Parse(From), AccountId.Parse(To), Stored.Money(MinorUnits, Currency));
}

/// <summary>What became of a transfer; <see cref="TransferOutcome"/> on its way.</summary>
[GenerateSerializer, Immutable, Alias("wallet.TransferAnswer")]
public readonly record struct TransferAnswer(
    [property: Id(0)] Rejection Rejection, [property: Id(1)] bool Replayed, [property: Id(2)] long Sequence);

/// <summary>
/// What became of one transfer; no answer where the settlement accounts in <paramref name="Together"/> must have all
/// their stripes locked first.
/// </summary>
[GenerateSerializer, Immutable, Alias("wallet.SettleResult")]
public sealed record SettleResult([property: Id(0)] TransferAnswer? Answer, [property: Id(1)] string[] Together);

/// <summary>
/// One side of a transfer, whose event gets the number <see cref="Sequence"/> or a higher one.
/// <see cref="DecideOnly"/>: say what stands against it and change nothing. <see cref="TogetherBalance"/>: for a
/// stripe, the balance of all stripes where they are looked at together; then that one decides.
/// </summary>
[GenerateSerializer, Immutable, Alias("wallet.Leg")]
public sealed record Leg(
    [property: Id(0)] Guid TransferId, [property: Id(1)] long MinorUnits, [property: Id(2)] ushort Currency,
    [property: Id(3)] long Sequence, [property: Id(4)] bool DecideOnly = false,
    [property: Id(5)] long? TogetherBalance = null);

/// <summary>
/// What came of a leg: a refusal, or the account after it where it was applied. <see cref="Sequence"/>: the event's
/// number, the leg's own or, where the account had seen that already, a higher one.
/// <see cref="NeedsAllStripes"/>: this stripe alone can't tell.
/// </summary>
[GenerateSerializer, Immutable, Alias("wallet.LegResult")]
public sealed record LegResult(
    [property: Id(0)] Rejection Rejection, [property: Id(1)] long Sequence, [property: Id(2)] AccountSideRecord? Side,
    [property: Id(3)] bool NeedsAllStripes = false);

/// <summary>What came of a freeze or its end; no side where nothing changed.</summary>
[GenerateSerializer, Immutable, Alias("wallet.StatusResult")]
public sealed record StatusResult(
    [property: Id(0)] Rejection Rejection, [property: Id(1)] AccountSideRecord? Side);

/// <summary>What came of an opening.</summary>
[GenerateSerializer, Immutable, Alias("wallet.OpenResult")]
public sealed record OpenResult(
    [property: Id(0)] Rejection Rejection, [property: Id(1)] AccountRecord? Account, [property: Id(2)] bool Created);

/// <summary>An account to look into the past of.</summary>
[GenerateSerializer, Immutable, Alias("wallet.PastResult")]
public sealed record PastResult([property: Id(0)] Rejection Rejection, [property: Id(1)] AccountRecord? Account);

/// <summary>An account's view on its way; the account is null where it is refused.</summary>
[GenerateSerializer, Immutable, Alias("wallet.AccountAnswer")]
public sealed record AccountAnswer([property: Id(0)] Rejection Rejection, [property: Id(1)] AccountMoment? Account);

/// <summary>An account as it stands, or stood, at one moment.</summary>
[GenerateSerializer, Immutable, Alias("wallet.AccountMoment")]
public sealed record AccountMoment(
    [property: Id(0)] string AccountId, [property: Id(1)] long Balance, [property: Id(2)] ushort Currency,
    [property: Id(3)] bool IsFrozen, [property: Id(4)] long Version, [property: Id(5)] long Sequence)
{
    /// <summary>The moment in the domain's words.</summary>
    public AccountView ToView() => new(
        Ledger.AccountId.Parse(AccountId), Stored.Money(Balance, Currency), IsFrozen, Version, Stored.Time(Sequence));
}

/// <summary>A page of entries on its way.</summary>
[GenerateSerializer, Immutable, Alias("wallet.EntriesAnswer")]
public sealed record EntriesAnswer(
    [property: Id(0)] Rejection Rejection, [property: Id(1)] EntryLine[] Entries, [property: Id(2)] string? NextCursor);

/// <summary>One entry on its way: <see cref="MinorUnits"/> is below zero for a debit.</summary>
[GenerateSerializer, Immutable, Alias("wallet.EntryLine")]
public sealed record EntryLine(
    [property: Id(0)] long Sequence, [property: Id(1)] Guid TransferId, [property: Id(2)] long MinorUnits,
    [property: Id(3)] ushort Currency, [property: Id(4)] long Balance, [property: Id(5)] string Counterparty)
{
    /// <summary>The entry in the domain's words.</summary>
    public EntryView ToView() => new(
        Sequence, new TransactionId(TransferId), MinorUnits < 0 ? EntryDirection.Debit : EntryDirection.Credit,
        Stored.Money(Math.Abs(MinorUnits), Currency), Stored.Money(Balance, Currency), AccountId.Parse(Counterparty),
        Stored.Time(Sequence));
}

/// <summary>The whole ledger on its way; totals by numeric currency code.</summary>
[GenerateSerializer, Immutable, Alias("wallet.LedgerAnswer")]
public sealed record LedgerAnswer(
    [property: Id(0)] long Sequence, [property: Id(1)] long Accounts, [property: Id(2)] long Transfers,
    [property: Id(3)] Dictionary<ushort, long> Totals)
{
    /// <summary>The ledger in the domain's words, totals in the order of the currencies' codes.</summary>
    public LedgerView ToView() => new(
        Sequence, Accounts, Transfers,
        [.. Totals.Select(total => Stored.Money(total.Value, total.Key)).OrderBy(money => money.Currency)], null);
}
