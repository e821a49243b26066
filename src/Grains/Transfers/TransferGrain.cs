using Orleans.Placement;
using Orleans.Transactions.Abstractions;

namespace OrleansWallet.Grains;

/// <summary>
/// One transfer. Its record and both accounts are one transaction: known already, or decided, moved and recorded. A
/// turn of this grain lasts until the outcome is durable, so equal requests queue and find it. It lives where it was
/// asked first: nobody else is likely to ask.
/// </summary>
[PreferLocalPlacement]
public sealed class TransferGrain(
    [TransactionalState("transfer", WalletStorage.Name)] ITransactionalState<TransferState> transfer,
    TransferProcess process, Transactions transactions) : Grain, ITransferGrain
{
    private TransferRecord? settled;

    /// <inheritdoc/>
    public async Task<TransferAnswer> Transfer(TransferOrder order)
    {
        if (settled is not null) return settled.AnswerAgain(order);
        var (record, isNew) = await transactions.RunAsync(() => SettleAsync(order));
        settled = record;
        return isNew
            ? new TransferAnswer(record.Rejection, Replayed: false, record.Sequence)
            : record.AnswerAgain(order);
    }

    /// <inheritdoc/>
    public Task<TransferRecord?> Find() => transfer.PerformRead(state => state.Record);

    /// <inheritdoc/>
    public Task<TransferRecord?> Lock() => Find();

    /// <inheritdoc/>
    public Task Record(TransferRecord record) => transfer.PerformUpdate(state => state.Record = record);

    private async Task<(TransferRecord Record, bool IsNew)> SettleAsync(TransferOrder order)
    {
        // This grain joins first, so it is the transaction's manager, and its record's write is the commit.
        if (await transfer.PerformRead(state => state.Record) is { } known) return (known, false);
        var record = await process.MoveAsync(order);
        await transfer.PerformUpdate(state => state.Record = record);
        return (record, true);
    }
}
