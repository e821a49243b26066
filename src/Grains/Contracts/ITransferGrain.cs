using Orleans.Concurrency;

namespace OrleansWallet.Grains;

/// <summary>
/// One transfer: its key is the transaction id, which makes it the deduplication. It holds what became of the
/// transfer, takes part in the transaction that moves the money, and requests with the same id queue on it.
/// </summary>
[Alias("wallet.ITransferGrain")]
public interface ITransferGrain : IGrainWithGuidKey
{
    /// <summary>Moves the money once. Answers when the outcome is durable.</summary>
    [Alias("Transfer")]
    Task<TransferAnswer> Transfer(TransferOrder order);

    /// <summary>What became of the transfer; null where nothing was recorded.</summary>
    [Transaction(TransactionOption.CreateOrJoin), AlwaysInterleave, Alias("Find")]
    Task<TransferRecord?> Find();

    /// <summary>Records what became of the transfer, as a part of a transaction that decided several.</summary>
    [Transaction(TransactionOption.Join), AlwaysInterleave, UseExclusiveLock, Alias("Record")]
    Task Record(TransferRecord record);

    /// <summary>Locks the transfer's record for this transaction, and reads it.</summary>
    [Transaction(TransactionOption.Join), AlwaysInterleave, UseExclusiveLock, Alias("Lock")]
    Task<TransferRecord?> Lock();
}

/// <summary>Several transfers that share accounts, in their order, as one Orleans transaction.</summary>
[Alias("wallet.ITransferGroupGrain")]
public interface ITransferGroupGrain : IGrainWithIntegerKey
{
    /// <summary>How many transfers a group has at most: each is a participant of its transaction.</summary>
    const int TransfersMax = 64;

    /// <summary>Moves the money of each, in order, each by itself; a refusal of one concerns no other.</summary>
    [Alias("Transfer")]
    Task<TransferAnswer[]> Transfer(TransferOrder[] orders);
}
