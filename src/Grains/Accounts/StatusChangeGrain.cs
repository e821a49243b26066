using Orleans.Transactions.Abstractions;
using OrleansWallet.Ledger;

namespace OrleansWallet.Grains;

/// <summary>One freeze or its end. Of a settlement account, all stripes change in one transaction.</summary>
public sealed class StatusChangeGrain(
    [TransactionalState("status-change", WalletStorage.Name)] ITransactionalState<StatusChangeState> change,
    Transactions transactions, NodeClock clock, StripeCount stripes) : Grain, IStatusChangeGrain
{
    /// <inheritdoc/>
    public Task<bool> SetFrozen(string accountId, bool frozen) =>
        transactions.RunAsync(() => ChangeAsync(AccountId.Parse(accountId), frozen));

    /// <inheritdoc/>
    public Task<StatusChangeRecord?> Find() => change.PerformRead(state => state.Record);

    private async Task<bool> ChangeAsync(AccountId id, bool frozen)
    {
        if (await Find() is not null) return true;
        string[] keys = SettlementStripes.Exists(id) ? SettlementStripes.Keys(id, stripes.Value) : [id.Value];
        var seen = 0L;
        foreach (var key in keys)
        {
            if (await GrainFactory.GetGrain<IAccountGrain>(key).Lock() is not { } account) return false;
            seen = Math.Max(seen, AccountEvents.SequenceSeen(account));
        }
        var sequence = clock.Next(seen);
        var sides = new Dictionary<string, AccountSideRecord>();
        foreach (var key in keys)
        {
            var result = await GrainFactory.GetGrain<IAccountGrain>(key)
                .SetFrozen(this.GetPrimaryKey(), frozen, sequence);
            if (result.Side is { } side) sides.Add(key, side);
        }
        if (sides.Count > 0)
        {
            var record = new StatusChangeRecord(id.Value, frozen, sequence, sides);
            await change.PerformUpdate(state => state.Record = record);
        }
        return true;
    }
}
