namespace OrleansWallet.Grains;

/// <summary>The record of one freeze or its end: an account's event besides its transfers.</summary>
[Alias("wallet.IStatusChangeGrain")]
public interface IStatusChangeGrain : IGrainWithGuidKey
{
    /// <summary>The change as it was recorded; null where nothing was.</summary>
    [Transaction(TransactionOption.Join), Alias("Find")]
    Task<StatusChangeRecord?> Find();

    /// <summary>Locks the record for this transaction, and reads it.</summary>
    [Transaction(TransactionOption.Join), UseExclusiveLock, Alias("Lock")]
    Task<StatusChangeRecord?> Lock();

    /// <summary>Records the change.</summary>
    [Transaction(TransactionOption.Join), UseExclusiveLock, Alias("Record")]
    Task Record(StatusChangeRecord record);
}
