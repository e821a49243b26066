namespace OrleansWallet.Grains;

/// <summary>
/// One account, or one stripe of a settlement account (key <c>settlement:USD#07</c>): its key is the account's id.
/// Each call takes part in the caller's transaction. The rules are the decider's.
/// </summary>
[Alias("wallet.IAccountGrain")]
public interface IAccountGrain : IGrainWithStringKey
{
    /// <summary>Takes the payer's side of a transfer, or says why it can't be.</summary>
    [Transaction(TransactionOption.Join), UseExclusiveLock, Alias("Debit")]
    Task<LegResult> Debit(Leg leg);

    /// <summary>Takes the payee's side of a transfer, or says why it can't be.</summary>
    [Transaction(TransactionOption.Join), UseExclusiveLock, Alias("Credit")]
    Task<LegResult> Credit(Leg leg);

    /// <summary>Takes back the leg that this very transaction applied last: the other side refused it.</summary>
    [Transaction(TransactionOption.Join), UseExclusiveLock, Alias("Undo")]
    Task Undo(Guid transferId);

    /// <summary>Moves the event that this transaction applied last up to a later sequence number.</summary>
    [Transaction(TransactionOption.Join), UseExclusiveLock, Alias("Resequence")]
    Task Resequence(Guid eventId, long sequence);

    /// <summary>Locks the account for this transaction before it changes, and reads it. Null: never opened.</summary>
    [Transaction(TransactionOption.Join), UseExclusiveLock, Alias("Lock")]
    Task<AccountRecord?> Lock();

    /// <summary>Sets how far this stripe may go without asking the others.</summary>
    [Transaction(TransactionOption.Join), UseExclusiveLock, Alias("SetShare")]
    Task SetShare(StripeShareRecord share);

    /// <summary>Freezes the account or ends that. The result tells whether anything changed.</summary>
    [Transaction(TransactionOption.Join), UseExclusiveLock, Alias("SetFrozen")]
    Task<StatusResult> SetFrozen(Guid changeId, bool frozen, long sequence);

    /// <summary>Reads the account. Null: never opened.</summary>
    [Transaction(TransactionOption.Join), Alias("Read")]
    Task<AccountRecord?> Read();

    /// <summary>
    /// Reads the account and sees to it that no event to come gets a sequence number up to <paramref name="sequence"/>,
    /// so that what was answered of that moment stays true. Refused where that moment has not come yet, by this
    /// silo's clock and the account's newest event, unless the caller knows better.
    /// </summary>
    [Transaction(TransactionOption.Join), UseExclusiveLock, Alias("ReadAt")]
    Task<PastResult> ReadAt(long sequence, bool hasCome);

    /// <summary>Opens the account; asked again with the same currency, answers with it.</summary>
    [Transaction(TransactionOption.Join), UseExclusiveLock, Alias("Open")]
    Task<OpenResult> Open(ushort currency);
}
