using System.Buffers;
using System.Numerics;
using System.Runtime.InteropServices;
using OrleansWallet.Ledger;

namespace OrleansWallet.Partitions;

/// <summary>
/// The accounts of a batch, numbered in the order they come, with what the batch takes from each and gives to it. Its
/// memory is borrowed: what is as large, and new, costs more to be touched first than to be used.
/// </summary>
internal sealed class BatchAccounts : IDisposable
{
    // So many transfers ahead the processor is asked for memory.
    private const int PrefetchDistance = 8;

    private readonly ReadOnlyMemory<Transfer> transfers;
    // Places by hash: one more than the account's number; 0 is none.
    private readonly int[] places;
    private readonly int mask;
    private readonly Entry[] entries;
    private readonly Parts[] parts;

    /// <summary>The accounts of a batch, of a ledger with so many partitions.</summary>
    public BatchAccounts(ReadOnlyMemory<Transfer> transfers, int partitions)
    {
        this.transfers = transfers;
        var most = 2 * transfers.Length;
        mask = (int)BitOperations.RoundUpToPowerOf2((uint)Math.Max(2 * most, 2)) - 1;
        places = ArrayPool<int>.Shared.Rent(mask + 1);
        places.AsSpan(0, mask + 1).Clear();
        entries = ArrayPool<Entry>.Shared.Rent(most);
        parts = ArrayPool<Parts>.Shared.Rent(transfers.Length);
        var all = transfers.Span;
        for (var i = 0; i < all.Length; i++)
        {
            if (i + PrefetchDistance < all.Length)
            {
                AccountSearch.PrefetchText(all[i + PrefetchDistance].From);
                AccountSearch.PrefetchText(all[i + PrefetchDistance].To);
            }
            ref readonly var transfer = ref all[i];
            var (from, to) = (NumberOf(transfer.From, 2 * i), NumberOf(transfer.To, 2 * i + 1));
            entries[from].Debits = Sum(entries[from].Debits, transfer.Amount);
            entries[to].Credits = Sum(entries[to].Credits, transfer.Amount);
            parts[i] = new Parts(from, to, Placement.PartitionOf(transfer.From, partitions));
        }
    }

    /// <summary>How many there are.</summary>
    public int Count { get; private set; }

    /// <summary>The number of a transfer's payer.</summary>
    public int From(int transfer) => parts[transfer].From;

    /// <summary>The number of a transfer's payee.</summary>
    public int To(int transfer) => parts[transfer].To;

    /// <summary>The partition of a transfer's payer.</summary>
    public int PayerPartition(int transfer) => parts[transfer].Partition;

    /// <summary>Whether the batch takes from an account, and gives to it.</summary>
    public bool IsPayerAndPayee(int account) => entries[account] is { Debits: > 0, Credits: > 0 };

    /// <summary>What the batch takes from an account and gives to it, or the most that a number holds.</summary>
    public AccountTurnover TurnoverOf(int account)
    {
        ref readonly var entry = ref entries[account];
        return new AccountTurnover(IdAt(entry.Place), entry.Debits, entry.Credits);
    }

    /// <summary>Gives the memory back.</summary>
    public void Dispose()
    {
        ArrayPool<int>.Shared.Return(places);
        ArrayPool<Entry>.Shared.Return(entries);
        ArrayPool<Parts>.Shared.Return(parts);
    }

    private static long Sum(long one, Money other) =>
        (long)Math.Min((ulong)one + (ulong)other.MinorUnits, long.MaxValue);

    private AccountId IdAt(int place)
    {
        ref readonly var transfer = ref transfers.Span[place / 2];
        return place % 2 == 0 ? transfer.From : transfer.To;
    }

    private int NumberOf(AccountId id, int place)
    {
        // .NET's string hash, seeded anew in each process: callers choose the ids, and none that collide.
        var hash = id.Value.GetHashCode();
        for (var i = hash & mask; ; i = (i + 1) & mask)
        {
            var number = places[i] - 1;
            if (number < 0)
            {
                places[i] = Count + 1;
                entries[Count] = new Entry { Hash = hash, Place = place };
                return Count++;
            }
            if (entries[number].Hash == hash && IdAt(entries[number].Place) == id) return number;
        }
    }

    [StructLayout(LayoutKind.Auto)]
    private struct Entry
    {
        public int Hash;
        // Where its id is found: twice the number of a transfer that it pays; one more if that pays it.
        public int Place;
        public long Debits;
        public long Credits;
    }

    private readonly record struct Parts(int From, int To, int Partition);
}
