namespace OrleansWallet.Ledger;

/// <summary>The command to move money from one account to another, under an id of the caller's choice.</summary>
public readonly record struct Transfer(TransactionId Id, AccountId From, AccountId To, Money Amount);

/// <summary>
/// What became of a transfer. <see cref="Rejection.None"/> means that it is durable. <see cref="Replayed"/> tells
/// that an earlier request with the same id and content decided it. <see cref="Sequence"/> is where the ledger
/// recorded it, 0 where nothing was recorded.
/// </summary>
public readonly record struct TransferOutcome(Rejection Rejection, bool Replayed, long Sequence);
