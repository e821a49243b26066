using OrleansWallet.Ledger;

namespace OrleansWallet.Grains;

/// <summary>What an event's link leads to. The numbers are stored.</summary>
[GenerateSerializer, Alias("wallet.EventKind")]
public enum EventKind : byte
{
    /// <summary>Nothing: before the first event after the opening.</summary>
    None = 0,
    /// <summary>A transfer.</summary>
    Transfer = 1,
    /// <summary>A freeze or its end.</summary>
    StatusChange = 2,
}

/// <summary>Leads to an event's record.</summary>
[GenerateSerializer, Immutable, Alias("wallet.EventLink")]
public readonly record struct EventLink([property: Id(0)] EventKind Kind, [property: Id(1)] Guid Id);

/// <summary>
/// One account as its grain keeps it, bounded for ever: its state, the sequence number of its newest event and of its
/// opening, and where its records lie: the newest, and the newest whose version is a multiple of 64, 4,096 and
/// 262,144. Its past is read from there on, along the links in each record.
/// </summary>
[GenerateSerializer, Immutable, Alias("wallet.AccountRecord")]
public sealed record AccountRecord
{
    /// <summary>In minor units.</summary>
    [Id(0)] public long Balance { get; init; }
    /// <summary>How many entries it has.</summary>
    [Id(1)] public long Version { get; init; }
    /// <summary>The currency's numeric code.</summary>
    [Id(2)] public ushort Currency { get; init; }
    /// <summary>Open, frozen, settlement.</summary>
    [Id(3)] public AccountFlags Flags { get; init; }
    /// <summary>The opening's sequence number; 0 for a settlement account, which was always there.</summary>
    [Id(4)] public long OpenedSequence { get; init; }
    /// <summary>The newest event's sequence number.</summary>
    [Id(5)] public long Sequence { get; init; }
    /// <summary>No event to come may have a number up to this: somebody was told how the account stood then.</summary>
    [Id(6)] public long ReadSequence { get; init; }
    /// <summary>The newest event.</summary>
    [Id(7)] public EventLink Newest { get; init; }
    /// <summary>The newest event with a version that is a multiple of 64.</summary>
    [Id(8)] public EventLink Newest64 { get; init; }
    /// <summary>The same for multiples of 4,096.</summary>
    [Id(9)] public EventLink Newest4096 { get; init; }
    /// <summary>The same for multiples of 262,144.</summary>
    [Id(10)] public EventLink Newest262144 { get; init; }
    /// <summary>A stripe's share; null for any other account.</summary>
    [Id(11)] public StripeShareRecord? Share { get; init; }

    /// <summary>The domain's state.</summary>
    public Account ToAccount() => Account.Restored(Balance, Version, Stored.Currency(Currency), Flags);

    /// <summary>The account as it stands, told to callers.</summary>
    public AccountMoment ToMoment(string accountId) => new(
        accountId, Balance, Currency, (Flags & AccountFlags.Frozen) != 0, Version, Math.Max(Sequence, OpenedSequence));
}

/// <summary><see cref="StripeShare"/> as it is stored.</summary>
[GenerateSerializer, Immutable, Alias("wallet.StripeShare")]
public sealed record StripeShareRecord([property: Id(0)] long Lowest, [property: Id(1)] long Highest);

/// <summary>One account's side of an event: what it was after it, and where its earlier records lie.</summary>
[GenerateSerializer, Immutable, Alias("wallet.AccountSide")]
public sealed record AccountSideRecord(
    [property: Id(0)] long Balance, [property: Id(1)] long Version, [property: Id(2)] EventLink Previous,
    [property: Id(3)] EventLink Skip);

/// <summary>
/// What became of a transfer, for ever: its content, its refusal if it was refused, its sequence number, and both
/// accounts after it (null where it was refused).
/// </summary>
[GenerateSerializer, Immutable, Alias("wallet.TransferRecord")]
public sealed record TransferRecord(
    [property: Id(0)] TransferOrder Order, [property: Id(1)] Rejection Rejection, [property: Id(2)] long Sequence,
    [property: Id(3)] AccountSideRecord? From, [property: Id(4)] AccountSideRecord? To)
{
    /// <summary>The answer to a request with this id: the recorded outcome, or that the id is another's.</summary>
    public TransferAnswer AnswerAgain(TransferOrder order) => order == Order
        ? new TransferAnswer(Rejection, Replayed: true, Sequence)
        : new TransferAnswer(Rejection.TransactionIdReused, Replayed: false, 0);

    /// <summary>The transfer in the domain's words.</summary>
    public TransferView ToView() => new(Order.ToTransfer(), Rejection, Sequence, Stored.Time(Sequence));
}

/// <summary>A freeze or its end: the account, and each of its stripes where it has some, by key.</summary>
[GenerateSerializer, Immutable, Alias("wallet.StatusChangeRecord")]
public sealed record StatusChangeRecord(
    [property: Id(0)] string AccountId, [property: Id(1)] bool IsFrozen, [property: Id(2)] long Sequence,
    [property: Id(3)] Dictionary<string, AccountSideRecord> Sides);

/// <summary>What an account's grain stores; no record before the account was opened.</summary>
[GenerateSerializer, Alias("wallet.AccountState")]
public sealed class AccountState
{
    /// <summary>The account.</summary>
    [Id(0)] public AccountRecord? Record { get; set; }
}

/// <summary>What a transfer's grain stores.</summary>
[GenerateSerializer, Alias("wallet.TransferState")]
public sealed class TransferState
{
    /// <summary>The transfer; null before its outcome.</summary>
    [Id(0)] public TransferRecord? Record { get; set; }
}

/// <summary>What a status change's grain stores.</summary>
[GenerateSerializer, Alias("wallet.StatusChangeState")]
public sealed class StatusChangeState
{
    /// <summary>The change; null where nothing changed.</summary>
    [Id(0)] public StatusChangeRecord? Record { get; set; }
}
