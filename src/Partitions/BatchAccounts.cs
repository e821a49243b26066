using OrleansWallet.Ledger;

namespace OrleansWallet.Partitions;

/// <summary>
/// The accounts of a batch, numbered in the order they come, with what the batch takes from each and gives to it.
/// </summary>
internal sealed class BatchAccounts
{
    // Places by hash: one more than the account's number; 0 is none.
    private readonly int[] places;
    private readonly int[] hashes;
    private readonly AccountTurnover[] turnovers;
    private readonly int[] from;
    private readonly int[] to;

    /// <summary>The accounts of a batch.</summary>
    public BatchAccounts(ReadOnlySpan<Transfer> transfers)
    {
        var most = 2 * transfers.Length;
        places = new int[System.Numerics.BitOperations.RoundUpToPowerOf2((uint)Math.Max(2 * most, 2))];
        (hashes, turnovers) = (new int[most], new AccountTurnover[most]);
        (from, to) = (new int[transfers.Length], new int[transfers.Length]);
        for (var i = 0; i < transfers.Length; i++)
        {
            ref readonly var transfer = ref transfers[i];
            ref var payer = ref turnovers[from[i] = NumberOf(transfer.From)];
            payer = payer with { Debits = Sum(payer.Debits, transfer.Amount) };
            ref var payee = ref turnovers[to[i] = NumberOf(transfer.To)];
            payee = payee with { Credits = Sum(payee.Credits, transfer.Amount) };
        }
    }

    /// <summary>How many there are.</summary>
    public int Count { get; private set; }

    /// <summary>The number of each transfer's payer.</summary>
    public ReadOnlySpan<int> From => from;

    /// <summary>The number of each transfer's payee.</summary>
    public ReadOnlySpan<int> To => to;

    /// <summary>What the batch takes and gives, or the most that a number holds, by the accounts' numbers.</summary>
    public ReadOnlySpan<AccountTurnover> Turnovers => turnovers.AsSpan(0, Count);

    private static long Sum(long one, Money other) =>
        (long)Math.Min((ulong)one + (ulong)other.MinorUnits, long.MaxValue);

    private int NumberOf(AccountId id)
    {
        // .NET's string hash, seeded anew in each process: callers choose the ids, and none that collide.
        var hash = id.Value.GetHashCode();
        var mask = places.Length - 1;
        for (var i = hash & mask; ; i = (i + 1) & mask)
        {
            var number = places[i] - 1;
            if (number < 0)
            {
                places[i] = Count + 1;
                hashes[Count] = hash;
                turnovers[Count] = new AccountTurnover(id, 0, 0);
                return Count++;
            }
            if (hashes[number] == hash && turnovers[number].Account == id) return number;
        }
    }
}
