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
    /// <param name="ordered">The accounts to which the order makes a difference; null: all.</param>
    public static IReadOnlyList<List<int>> Of(ReadOnlySpan<Transfer> transfers, HashSet<AccountId>? ordered = null)
    {
        var waves = new List<List<int>>();
        // Each holds one more than the last wave that has such a transfer.
        var debits = new Dictionary<AccountId, int>();
        var credits = new Dictionary<AccountId, int>();
        var ids = new Dictionary<TransactionId, int>(transfers.Length);
        for (var i = 0; i < transfers.Length; i++)
        {
            ref readonly var transfer = ref transfers[i];
            var (fromMatters, toMatters) = (
                ordered is null || ordered.Contains(transfer.From), ordered is null || ordered.Contains(transfer.To));
            ref var id = ref CollectionsMarshal.GetValueRefOrAddDefault(ids, transfer.Id, out _);
            var wave = id;
            if (fromMatters)
                wave = Math.Max(wave, Math.Max(
                    credits.GetValueOrDefault(transfer.From), debits.GetValueOrDefault(transfer.From) - 1));
            if (toMatters)
                wave = Math.Max(wave, Math.Max(
                    debits.GetValueOrDefault(transfer.To), credits.GetValueOrDefault(transfer.To) - 1));
            if (wave == waves.Count) waves.Add([]);
            waves[wave].Add(i);
            id = wave + 1;
            if (fromMatters) debits[transfer.From] = wave + 1;
            if (toMatters) credits[transfer.To] = wave + 1;
        }
        return waves;
    }

    /// <summary>What a batch takes from each account and gives to it, or the most that a number holds.</summary>
    public static Dictionary<AccountId, AccountTurnover> Turnovers(ReadOnlySpan<Transfer> transfers)
    {
        var turnovers = new Dictionary<AccountId, AccountTurnover>();
        foreach (ref readonly var transfer in transfers)
        {
            ref var from = ref CollectionsMarshal.GetValueRefOrAddDefault(turnovers, transfer.From, out _);
            from = new AccountTurnover(transfer.From, Sum(from.Debits, transfer.Amount), from.Credits);
            ref var to = ref CollectionsMarshal.GetValueRefOrAddDefault(turnovers, transfer.To, out _);
            to = new AccountTurnover(transfer.To, to.Debits, Sum(to.Credits, transfer.Amount));
        }
        return turnovers;
    }

    private static long Sum(long one, Money other) =>
        (long)Math.Min((ulong)one + (ulong)other.MinorUnits, long.MaxValue);
}
