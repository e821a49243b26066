using OrleansWallet.Ledger;

namespace OrleansWallet.Grains;

/// <summary>
/// How an account is frozen, or that is ended, inside a transaction. Of a settlement account, all stripes change.
/// </summary>
public sealed class StatusChangeProcess(IGrainFactory grains, NodeClock clock, StripeCount stripes)
{
    /// <summary>Changes the account and records that. False: there is no such account.</summary>
    public async Task<bool> ChangeAsync(Guid changeId, AccountId id, bool frozen)
    {
        // The record joins first, so it is the transaction's manager, and its write is the commit.
        var change = grains.GetGrain<IStatusChangeGrain>(changeId);
        if (await change.Lock() is not null) return true;
        string[] keys = SettlementStripes.Exists(id) ? SettlementStripes.Keys(id, stripes.Value) : [id.Value];
        var seen = 0L;
        foreach (var key in keys)
        {
            if (await grains.GetGrain<IAccountGrain>(key).Lock() is not { } account) return false;
            seen = Math.Max(seen, AccountEvents.SequenceSeen(account));
        }
        var sequence = clock.Next(seen);
        var sides = new Dictionary<string, AccountSideRecord>();
        foreach (var key in keys)
        {
            var result = await grains.GetGrain<IAccountGrain>(key).SetFrozen(changeId, frozen, sequence);
            if (result.Side is { } side) sides.Add(key, side);
        }
        if (sides.Count > 0) await change.Record(new StatusChangeRecord(id.Value, frozen, sequence, sides));
        return true;
    }
}
