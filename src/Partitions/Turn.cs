using OrleansWallet.Ledger;
using OrleansWallet.Storage.Partitions;

namespace OrleansWallet.Partitions;

/// <summary>
/// What a partition does together: the records of one batch, and all that may leave only when they are durable.
/// </summary>
internal sealed class Turn(int batchBytesMax)
{
    private readonly List<Action> answers = [];
    private readonly List<(PeerLink Link, long Number)> orders = [];

    /// <summary>The batch's records.</summary>
    public RecordBuffer Records { get; } = new(batchBytesMax, PartitionBatch.HeaderBytes);

    /// <summary>The peers that have something to send then.</summary>
    public HashSet<PeerLink> Links { get; } = [];

    /// <summary>Whether nothing was done.</summary>
    public bool IsEmpty => Records.Count == 0 && answers.Count == 0 && Links.Count == 0;

    /// <summary>Begins the batch of that number.</summary>
    public void Begin(long batch)
    {
        Records.Reset(RecordPlace.FirstOf(batch));
        answers.Clear();
        orders.Clear();
        Links.Clear();
    }

    /// <summary>Says that a transfer has an order to send when the batch is durable.</summary>
    public void Order(PeerLink link, long number)
    {
        orders.Add((link, number));
        Links.Add(link);
    }

    /// <summary>Says what is to be done when the batch is durable.</summary>
    public void Then(Action answer) => answers.Add(answer);

    /// <summary>The batch is durable.</summary>
    public void Answer()
    {
        foreach (var answer in answers) answer();
        foreach (var (link, number) in orders) link.Orders.Add(number);
        foreach (var link in Links) link.Flush();
    }
}
