using Orleans.Concurrency;
using Orleans.Placement;
using Orleans.Transactions.Abstractions;
using OrleansWallet.Ledger;

namespace OrleansWallet.Grains;

/// <summary>
/// One transfer's record. It lives where it was asked for first: nobody else is likely to ask. Reentrant, since a call
/// that waits for the lock must not keep out the transaction that holds it.
/// </summary>
[Reentrant, PreferLocalPlacement]
public sealed class TransferGrain(
    [TransactionalState("transfer", WalletStorage.Name)] ITransactionalState<TransferState> transfer,
    TransferProcess process) : Grain, ITransferGrain
{
    /// <inheritdoc/>
    public async Task<SettleResult> Settle(TransferOrder order)
    {
        if (await Find() is { } known) return new SettleResult(known.AnswerAgain(order), []);
        var together = new HashSet<AccountId>();
        if (await process.MoveAsync(order, together) is not { } record)
            return new SettleResult(null, [.. together.Select(account => account.Value)]);
        await Record(record);
        return new SettleResult(new TransferAnswer(record.Rejection, Replayed: false, record.Sequence), []);
    }

    /// <inheritdoc/>
    public Task<TransferRecord?> Find() => transfer.PerformRead(state => state.Record);

    /// <inheritdoc/>
    public Task<TransferRecord?> Lock() => Find();

    /// <inheritdoc/>
    public Task Record(TransferRecord record) => transfer.PerformUpdate(state => state.Record = record);
}
