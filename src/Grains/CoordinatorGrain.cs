using Orleans.Concurrency;
using Orleans.GrainDirectory;
using OrleansWallet.Ledger;

namespace OrleansWallet.Grains;

/// <summary>
/// Runs the wallet's changes as transactions, and takes part in none of them: a participant that its silo sends away
/// meanwhile would wait for its own commit, which waits for its next activation.
/// </summary>
[StatelessWorker, Reentrant, GrainDirectory(EverywhereDirectory.Name)]
public sealed class CoordinatorGrain(
    TransferProcess transfers, StatusChangeProcess statusChanges, Transactions transactions, IGrainFactory grains)
    : Grain, ICoordinatorGrain
{
    /// <inheritdoc/>
    public Task<TransferAnswer[]> Transfer(TransferOrder[] orders)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(orders.Length, ICoordinatorGrain.TransfersMax);
        var together = new HashSet<AccountId>();
        return transactions.RunAsync(() => transfers.SettleAsync(orders, together));
    }

    /// <inheritdoc/>
    public Task<OpenResult> Open(string accountId, ushort currency) =>
        transactions.RunAsync(() => grains.GetGrain<IAccountGrain>(accountId).Open(currency));

    /// <inheritdoc/>
    public Task<bool> SetFrozen(Guid changeId, string accountId, bool frozen) =>
        transactions.RunAsync(() => statusChanges.ChangeAsync(changeId, AccountId.Parse(accountId), frozen));
}
