using Orleans.Concurrency;
using Orleans.Transactions.Abstractions;

namespace OrleansWallet.Grains;

/// <summary>One freeze's record, or its end's.</summary>
[Reentrant]
public sealed class StatusChangeGrain(
    [TransactionalState("status-change", WalletStorage.Name)] ITransactionalState<StatusChangeState> change)
    : Grain, IStatusChangeGrain
{
    /// <inheritdoc/>
    public Task<StatusChangeRecord?> Find() => change.PerformRead(state => state.Record);

    /// <inheritdoc/>
    public Task<StatusChangeRecord?> Lock() => Find();

    /// <inheritdoc/>
    public Task Record(StatusChangeRecord record) => change.PerformUpdate(state => state.Record = record);
}
