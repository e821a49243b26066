using Orleans.Concurrency;
using Orleans.Placement;
using Orleans.Transactions.Abstractions;

namespace OrleansWallet.Grains;

/// <summary>
/// One transfer's record. It lives where it was asked for first: nobody else is likely to ask. Reentrant, since a call
/// that waits for the lock must not keep out the transaction that holds it.
/// </summary>
[Reentrant, PreferLocalPlacement]
public sealed class TransferGrain(
    [TransactionalState("transfer", WalletStorage.Name)] ITransactionalState<TransferState> transfer)
    : Grain, ITransferGrain
{
    /// <inheritdoc/>
    public Task<TransferRecord?> Find() => transfer.PerformRead(state => state.Record);

    /// <inheritdoc/>
    public Task<TransferRecord?> Lock() => Find();

    /// <inheritdoc/>
    public Task Record(TransferRecord record) => transfer.PerformUpdate(state => state.Record = record);
}
