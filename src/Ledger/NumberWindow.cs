namespace OrleansWallet.Ledger;

internal interface INumbered
{
    bool IsThere { get; }
}

/// <summary>
/// What is known of the transfers of one channel, by their numbers, from the first that isn't settled on: a ring over
/// consecutive numbers, at most <see cref="WidthMax"/> wide.
/// </summary>
internal sealed class NumberWindow<T> where T : struct, INumbered
{
    /// <summary>How far the newest number may be from the first that isn't settled.</summary>
    public const int WidthMax = Membership.ChannelTransfersMax;

    private const int WidthMin = 16;

    private T[] ring = new T[WidthMin];

    /// <summary>All numbers below are settled.</summary>
    public long First { get; private set; } = 1;

    /// <summary>The number above the highest that was ever put in.</summary>
    public long Next { get; private set; } = 1;

    public bool IsFull => Next - First >= WidthMax;

    /// <summary>What is known of a number that is there.</summary>
    public ref T this[long number] => ref ring[number & (ring.Length - 1)];

    public bool Has(long number) => number >= First && number < Next && this[number].IsThere;

    /// <summary>The numbers that are there, in order.</summary>
    public IEnumerable<long> Numbers()
    {
        for (var number = First; number < Next; number++)
            if (Has(number)) yield return number;
    }

    /// <summary>Puts in what is known of a number from <see cref="First"/> on, less than a width above it.</summary>
    public void Put(long number, in T item)
    {
        while (number - First >= ring.Length) Grow();
        Next = Math.Max(Next, number + 1);
        this[number] = item;
    }

    /// <summary>A number is settled; the first that isn't comes after all that are.</summary>
    public void Settle(long number)
    {
        this[number] = default;
        while (First < Next && !this[First].IsThere) First++;
    }

    /// <summary>All numbers below are settled.</summary>
    public void SettleBelow(long number)
    {
        for (; First < number; First++) this[First] = default;
        Next = Math.Max(Next, First);
    }

    /// <summary>Takes up a stored beginning and end, with nothing in between.</summary>
    public void Restore(long first, long next) => (First, Next) = (first, next);

    private void Grow()
    {
        var larger = new T[ring.Length * 2];
        for (var number = First; number < Next; number++) larger[number & (larger.Length - 1)] = this[number];
        ring = larger;
    }
}
