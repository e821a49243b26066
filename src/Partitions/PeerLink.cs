namespace OrleansWallet.Partitions;

/// <summary>
/// What waits to be asked of one other partition: all of it goes in one message when the one before is answered.
/// </summary>
internal sealed class PeerLink(PartitionHost host, int partition)
{
    private readonly Dictionary<long, List<Place>> more = [];
    private readonly Dictionary<long, Place> waiters = [];

    /// <summary>The partition that asks.</summary>
    public PartitionHost Host => host;

    /// <summary>The other partition.</summary>
    public int Partition => partition;

    /// <summary>Transfers with orders to send, by their numbers in the channel; durably so.</summary>
    public List<long> Orders { get; } = [];

    /// <summary>Transfers whose ids are to be claimed.</summary>
    public List<Place> Claims { get; } = [];

    /// <summary>Transfers whose payees are to be asked about.</summary>
    public List<Place> Questions { get; } = [];

    /// <summary>All transfers of the channel with a number below it are settled, durably.</summary>
    public long SettledBelow { get; set; } = 1;

    /// <summary>Whether a message is on its way.</summary>
    public bool IsBusy { get; set; }

    /// <summary>Whether something waits to be asked.</summary>
    public bool HasWork => Orders.Count + Claims.Count + Questions.Count > 0;

    /// <summary>Sends what waits, if nothing is on its way.</summary>
    public void Flush()
    {
        if (!IsBusy && HasWork) host.Send(this);
    }

    /// <summary>Says who waits for a transfer's outcome.</summary>
    public void Await(long number, Place place)
    {
        if (waiters.TryAdd(number, place)) return;
        if (!more.TryGetValue(number, out var others)) more.Add(number, others = []);
        others.Add(place);
    }

    /// <summary>Those who waited for a transfer's outcome: one, mostly, and others who sent it too.</summary>
    public bool TryServe(long number, out Place first, out List<Place>? others)
    {
        others = null;
        if (!waiters.Remove(number, out first)) return false;
        if (more.Count > 0) more.Remove(number, out others);
        return true;
    }
}

/// <summary>What one message asked.</summary>
internal sealed record Sent(long[] Orders, Place[] Claims, Place[] Questions);
