namespace OrleansWallet.Ledger;

/// <summary>
/// A partition's place in a ledger of several. With it, the sequence numbers in its answers and views are readings of
/// a hybrid logical clock (<see cref="HybridTime.Of"/>) instead of its own count, and the time of its records grows
/// with each.
/// </summary>
public sealed class Membership
{
    /// <summary>How many partitions a ledger has at most.</summary>
    public const int PartitionsMax = HybridTime.NodesMax;

    /// <summary>
    /// How far the newest transfer to one other partition may be ahead of the first that isn't settled. Over it,
    /// transfers there are refused as overloaded.
    /// </summary>
    public const int ChannelTransfersMax = 1 << 16;

    /// <summary>The place of the partition <paramref name="number"/>, from 0 on, of so many.</summary>
    /// <exception cref="ArgumentOutOfRangeException">There can't be such a number, or so many.</exception>
    public Membership(int number, int partitions, IClaims claims)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan((uint)partitions, (uint)PartitionsMax);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)number, (uint)partitions);
        (Number, Partitions, Claims) = (number, partitions, claims);
    }

    /// <summary>This partition's number.</summary>
    public int Number { get; }

    /// <summary>How many partitions the ledger has, for ever.</summary>
    public int Partitions { get; }

    /// <summary>The claims on the transaction ids whose home is here.</summary>
    public IClaims Claims { get; }

    internal bool IsOther(int partition) => (uint)partition < (uint)Partitions && partition != Number;
}
