using System.Runtime.InteropServices;
using OrleansWallet.Ledger;

namespace OrleansWallet.Partitions;

/// <summary>
/// Sorts a batch into waves: a wave goes when the one before has its outcomes. Two transfers that share an id, or where
/// one takes from an account that the other gives to, are in different waves, the later one behind. Two that take from
/// one account may share a wave, since its partition decides them in order; so may two that give to one account: which
/// comes first makes no difference but to the order of its entries, and those of one payer keep it.
/// </summary>
internal static class BatchWaves
{
    /// <summary>The places of a batch's transfers, wave by wave, each in the batch's order.</summary>
    public static IReadOnlyList<List<int>> Of(ReadOnlySpan<Transfer> transfers)
    {
        var waves = new List<List<int>>();
        var debits = new Dictionary<AccountId, int>(transfers.Length);
        var credits = new Dictionary<AccountId, int>(transfers.Length);
        var ids = new Dictionary<TransactionId, int>(transfers.Length);
        for (var i = 0; i < transfers.Length; i++)
        {
            ref readonly var transfer = ref transfers[i];
            ref var debit = ref CollectionsMarshal.GetValueRefOrAddDefault(debits, transfer.From, out _);
            ref var credit = ref CollectionsMarshal.GetValueRefOrAddDefault(credits, transfer.To, out _);
            ref var id = ref CollectionsMarshal.GetValueRefOrAddDefault(ids, transfer.Id, out _);
            // Each holds one more than the last wave that has such a transfer.
            var wave = Math.Max(Math.Max(debit, credit) - 1, id);
            wave = Math.Max(wave, Math.Max(credits.GetValueOrDefault(transfer.From), debits.GetValueOrDefault(transfer.To)));
            wave = Math.Max(wave, 0);
            if (wave == waves.Count) waves.Add([]);
            waves[wave].Add(i);
            (debit, credit, id) = (Math.Max(debit, wave + 1), Math.Max(credit, wave + 1), wave + 1);
        }
        return waves;
    }
}
