using System.Runtime.InteropServices;
using OrleansWallet.Ledger;

namespace OrleansWallet.Partitions;

/// <summary>
/// Sorts a batch into waves, so that all outcomes are those of the batch's order: a wave goes when the one before has
/// its outcomes. Two transfers with one id are in different waves, the later one behind; so are two of which one takes
/// from an account that the other gives to, but only where the order makes a difference to that account. Two that take
/// from one account may share a wave: its partition decides them in order.
/// </summary>
internal static class BatchWaves
{
    /// <summary>The places of a batch's transfers, wave by wave, each in the batch's order.</summary>
    /// <param name="transfers">The batch.</param>
    /// <param name="accounts">Its accounts.</param>
    /// <param name="isFree">By the accounts' numbers: whether the order makes no difference to it.</param>
    public static IReadOnlyList<List<int>> Of(
        ReadOnlySpan<Transfer> transfers, BatchAccounts accounts, ReadOnlySpan<bool> isFree)
    {
        var waves = new List<List<int>> { new(transfers.Length) };
        // Each holds one more than the last wave that has such a transfer.
        var debits = new int[accounts.Count];
        var credits = new int[accounts.Count];
        var ids = new Dictionary<TransactionId, int>(transfers.Length);
        for (var i = 0; i < transfers.Length; i++)
        {
            ref var id = ref CollectionsMarshal.GetValueRefOrAddDefault(ids, transfers[i].Id, out _);
            var (from, to, wave) = (accounts.From[i], accounts.To[i], id);
            if (!isFree[from]) wave = Math.Max(wave, Math.Max(credits[from], debits[from] - 1));
            if (!isFree[to]) wave = Math.Max(wave, Math.Max(debits[to], credits[to] - 1));
            while (wave >= waves.Count) waves.Add([]);
            waves[wave].Add(i);
            id = wave + 1;
            if (!isFree[from]) debits[from] = wave + 1;
            if (!isFree[to]) credits[to] = wave + 1;
        }
        return waves;
    }
}
