using System.Numerics;
using System.Runtime.InteropServices;

namespace OrleansWallet.Ledger;

/// <summary>
/// Where things belong in a ledger of several partitions: a hash that is the same on every machine and in every
/// version, for ever. Sources: FNV-1a over the text (G. Fowler, L. Noll, K.-P. Vo), mixed by the finalizer of
/// MurmurHash3 (A. Appleby).
/// </summary>
public static class Placement
{
    private const ulong FnvOffset = 14695981039346656037;
    private const ulong FnvPrime = 1099511628211;

    /// <summary>The number of the partition that holds an account.</summary>
    public static int PartitionOf(AccountId id, int partitions)
    {
        var hash = FnvOffset;
        foreach (var character in id.Value) hash = (hash ^ character) * FnvPrime;
        return Reduce(Mix(hash), partitions);
    }

    /// <summary>The number of a transaction id's home: the partition where a payer's partition claims it.</summary>
    public static int HomeOf(TransactionId id, int partitions)
    {
        var value = id.Value;
        var halves = MemoryMarshal.Cast<Guid, ulong>(new ReadOnlySpan<Guid>(in value));
        return Reduce(Mix(halves[0] ^ Mix(halves[1])), partitions);
    }

    private static int Reduce(ulong hash, int partitions)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(partitions);
        // The same, where dividing can be spared.
        return BitOperations.IsPow2(partitions)
            ? (int)(hash & (ulong)(partitions - 1)) : (int)(hash % (ulong)partitions);
    }

    private static ulong Mix(ulong hash)
    {
        hash = (hash ^ (hash >> 33)) * 0xFF51AFD7ED558CCD;
        hash = (hash ^ (hash >> 33)) * 0xC4CEB9FE1A85EC53;
        return hash ^ (hash >> 33);
    }
}
