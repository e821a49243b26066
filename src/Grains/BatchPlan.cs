using OrleansWallet.Ledger;

namespace OrleansWallet.Grains;

/// <summary>
/// Sorts a batch into chains: transfers that share an account or an id, also by way of others, are one chain and keep
/// their order; two chains share nothing and may go side by side. Settlement accounts tie nothing together: they are
/// striped, and none of their transfers can stand in another's way but at the largest balances there are.
/// </summary>
internal static class BatchPlan
{
    /// <summary>The places of a batch's transfers, chain by chain, each in the batch's order.</summary>
    public static IReadOnlyList<int[]> Chains(ReadOnlySpan<Transfer> transfers)
    {
        var parents = new int[transfers.Length];
        var byAccount = new Dictionary<AccountId, int>(2 * transfers.Length);
        var byId = new Dictionary<TransactionId, int>(transfers.Length);
        for (var i = 0; i < transfers.Length; i++)
        {
            parents[i] = i;
            Join(byId, transfers[i].Id, parents, i);
            if (!transfers[i].From.IsSettlement) Join(byAccount, transfers[i].From, parents, i);
            if (!transfers[i].To.IsSettlement) Join(byAccount, transfers[i].To, parents, i);
        }
        return [.. Enumerable.Range(0, parents.Length).GroupBy(i => Root(parents, i)).Select(chain => chain.ToArray())];
    }

    private static void Join<TKey>(Dictionary<TKey, int> known, TKey key, int[] parents, int place) where TKey : notnull
    {
        if (!known.TryAdd(key, place)) parents[Root(parents, place)] = Root(parents, known[key]);
    }

    private static int Root(int[] parents, int place)
    {
        while (parents[place] != place) place = parents[place] = parents[parents[place]];
        return place;
    }
}
