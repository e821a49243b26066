namespace OrleansWallet.Partitions;

/// <summary>
/// What the partitions of a commit domain do together: the records of one commit, and all that may leave only when they
/// are durable.
/// </summary>
/// <param name="index">Which of each partition's two buffers it writes to.</param>
internal sealed class Turn(int index)
{
    private static long begun;

    private readonly List<IAnswer> answers = [];
    private readonly List<(PeerLink Link, long Number)> orders = [];
    private readonly List<(PeerLink Link, long Below)> settled = [];
    private readonly List<Action> late = [];
    private readonly HashSet<PeerLink> links = [];

    /// <summary>Which of each partition's two buffers it writes to.</summary>
    public int Index => index;

    /// <summary>A number that no other turn of this process has.</summary>
    public long Number { get; private set; }

    /// <summary>The partitions that may have written records.</summary>
    public List<PartitionHost> Hosts { get; } = [];

    /// <summary>Bytes of records.</summary>
    public long Bytes
    {
        get
        {
            var bytes = 0L;
            foreach (var host in Hosts) bytes += host.RecordsOf(this).Length;
            return bytes;
        }
    }

    /// <summary>Whether nothing was done.</summary>
    public bool IsEmpty => Hosts.Count == 0 && answers.Count == 0 && links.Count == 0;

    /// <summary>Begins anew, with nothing in it.</summary>
    public void Begin()
    {
        Number = Interlocked.Increment(ref begun);
        Hosts.Clear();
        answers.Clear();
        orders.Clear();
        settled.Clear();
        links.Clear();
    }

    /// <summary>Says that a transfer has an order to send when the commit is durable.</summary>
    public void Order(PeerLink link, long number)
    {
        orders.Add((link, number));
        links.Add(link);
    }

    /// <summary>Says that a link has something to send then.</summary>
    public void Flush(PeerLink link) => links.Add(link);

    /// <summary>Says what is to be told then.</summary>
    public void Then(IAnswer answer) => answers.Add(answer);

    /// <summary>Says what is to be done when all that has come was done: all of it at one moment.</summary>
    public void AtEnd(Action read) => late.Add(read);

    /// <summary>Does what waits for the end.</summary>
    public void ReadLate()
    {
        foreach (var read in late) read();
        late.Clear();
    }

    /// <summary>Notes what is settled with this commit: it is said to others only when that is durable.</summary>
    public void NoteSettled()
    {
        foreach (var link in links) settled.Add((link, link.Host.SettledBelowOf(link)));
    }

    /// <summary>The commit is durable.</summary>
    public void Answer()
    {
        foreach (var host in Hosts) host.WriteSnapshotIfDue();
        foreach (var answer in answers) answer.Answer();
        foreach (var (link, below) in settled) link.SettledBelow = below;
        foreach (var (link, number) in orders) link.Orders.Add(number);
        foreach (var link in links) link.Flush();
    }
}
