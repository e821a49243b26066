using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics.X86;

namespace OrleansWallet.Ledger;

/// <summary>
/// Looks an account up in steps, each of which asks the processor for the memory that the next one reads. One who has
/// many to look up takes each step for several before the next for the first: then nobody waits. To begin,
/// <see cref="PrefetchText"/>. Any thread; an account that is added meanwhile may be missed.
/// </summary>
public struct AccountSearch
{
    private AccountDirectory? directory;
    private ulong[] shard;
    private uint hash;

    /// <summary>Before the first step: asks for the text of an id.</summary>
    public static unsafe void PrefetchText(AccountId id)
    {
        if (Sse.IsSupported)
            Sse.Prefetch0(Unsafe.AsPointer(ref MemoryMarshal.GetReference(id.Value.AsSpan())));
    }

    /// <summary>The first step: asks for the part of the directory's table that the id would be in.</summary>
    /// <param name="within">The directory to look in; null where it isn't here, and nothing will be found.</param>
    /// <param name="id">The account's id.</param>
    public void Begin(AccountDirectory? within, AccountId id)
    {
        directory = within;
        if (within is not null) (hash, shard) = within.BeginSearch(id);
    }

    /// <summary>The second step: asks for the slot in it.</summary>
    public readonly void FindSlot()
    {
        if (directory is not null) AccountDirectory.PrefetchSlot(shard, hash);
    }

    /// <summary>The third step: asks for the id that is stored there.</summary>
    public readonly void FindEntry() => directory?.PrefetchEntry(shard, hash);

    /// <summary>The last step: the account's number; -1 where it was not found.</summary>
    public readonly int End(AccountId id) => directory is null ? -1 : directory.EndSearch(shard, hash, id);
}

/// <summary>The searches of both accounts of some transfers, by the transfers' numbers: the last 32 of them.</summary>
public struct AccountSearches
{
    private const int Transfers = 32;
    private Searches searches;

    /// <summary>So many transfers lie between two steps.</summary>
    public const int Distance = 8;

    /// <summary>The search for a transfer's payer.</summary>
    [UnscopedRef]
    public ref AccountSearch Payer(int transfer) => ref searches[2 * transfer % (2 * Transfers)];

    /// <summary>The search for a transfer's payee.</summary>
    [UnscopedRef]
    public ref AccountSearch Payee(int transfer) => ref searches[2 * transfer % (2 * Transfers) + 1];

    /// <summary>
    /// Takes the second step for the transfer <see cref="Distance"/> before one, and the third for that before it.
    /// </summary>
    /// <param name="transfer">The number of the one for which the first step was taken just now.</param>
    /// <param name="count">How many transfers there are.</param>
    public void GoOn(int transfer, int count)
    {
        if (transfer - Distance is >= 0 and var second && second < count)
        {
            Payer(second).FindSlot();
            Payee(second).FindSlot();
        }
        if (transfer - 2 * Distance is >= 0 and var third && third < count)
        {
            Payer(third).FindEntry();
            Payee(third).FindEntry();
        }
    }

    [InlineArray(2 * Transfers)]
    private struct Searches
    {
        private AccountSearch first;
    }
}
