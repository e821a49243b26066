namespace OrleansWallet.Grains;

/// <summary>
/// One transfer's record: its key is the transaction id, which makes it the deduplication. It takes part in the
/// transaction that moves the money, and manages it; those with the same id wait for its lock.
/// </summary>
[Alias("wallet.ITransferGrain")]
public interface ITransferGrain : IGrainWithGuidKey
{
    /// <summary>What became of the transfer; null where nothing was recorded.</summary>
    [Transaction(TransactionOption.Join), Alias("Find")]
    Task<TransferRecord?> Find();

    /// <summary>
    /// Settles the transfer, unless that was done: has both accounts decide and move the money, and records it.
    /// </summary>
    [Transaction(TransactionOption.Join), UseExclusiveLock, Alias("Settle")]
    Task<SettleResult> Settle(TransferOrder order);

    /// <summary>Locks the record for this transaction, and reads it.</summary>
    [Transaction(TransactionOption.Join), UseExclusiveLock, Alias("Lock")]
    Task<TransferRecord?> Lock();

    /// <summary>Records what became of the transfer.</summary>
    [Transaction(TransactionOption.Join), UseExclusiveLock, Alias("Record")]
    Task Record(TransferRecord record);
}
