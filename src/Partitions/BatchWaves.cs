using System.Buffers;
using System.Numerics;
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
    // Callers choose the ids, and none whose hashes collide.
    private static readonly IdHash Hasher = new(Guid.NewGuid());

    /// <summary>The places of a batch's transfers, wave by wave, each in the batch's order.</summary>
    /// <param name="transfers">The batch.</param>
    /// <param name="accounts">Its accounts.</param>
    /// <param name="isFree">By the accounts' numbers: whether the order makes no difference to it.</param>
    public static IReadOnlyList<List<int>> Of(
        ReadOnlySpan<Transfer> transfers, BatchAccounts accounts, ReadOnlySpan<bool> isFree)
    {
        var mask = (int)BitOperations.RoundUpToPowerOf2((uint)Math.Max(2 * transfers.Length, 2)) - 1;
        // The wave behind the last that has such a transfer; of ids, by the slots of the table that follows.
        var debits = Rent(accounts.Count);
        var credits = Rent(accounts.Count);
        var ids = Rent(mask + 1);
        // By hash: one more than the place of the first transfer with that id; 0 is none.
        var slots = Rent(mask + 1);
        try
        {
            var waves = new List<List<int>> { new(transfers.Length) };
            for (var i = 0; i < transfers.Length; i++)
            {
                var slot = SlotOf(transfers, i, slots, mask);
                var (from, to, wave) = (accounts.From(i), accounts.To(i), ids[slot]);
                if (!isFree[from]) wave = Math.Max(wave, Math.Max(credits[from], debits[from] - 1));
                if (!isFree[to]) wave = Math.Max(wave, Math.Max(debits[to], credits[to] - 1));
                while (wave >= waves.Count) waves.Add([]);
                waves[wave].Add(i);
                ids[slot] = wave + 1;
                if (!isFree[from]) debits[from] = wave + 1;
                if (!isFree[to]) credits[to] = wave + 1;
            }
            return waves;
        }
        finally
        {
            foreach (var rented in (int[][])[debits, credits, ids, slots]) ArrayPool<int>.Shared.Return(rented);
        }
    }

    private static int[] Rent(int length)
    {
        var rented = ArrayPool<int>.Shared.Rent(length);
        rented.AsSpan(0, length).Clear();
        return rented;
    }

    private static int SlotOf(ReadOnlySpan<Transfer> transfers, int place, int[] slots, int mask)
    {
        var id = transfers[place].Id;
        for (var i = (int)Hasher.Of(id) & mask; ; i = (i + 1) & mask)
        {
            if (slots[i] == 0)
            {
                slots[i] = place + 1;
                return i;
            }
            if (transfers[slots[i] - 1].Id == id) return i;
        }
    }
}
