using System.Diagnostics;

namespace OrleansWallet.Ledger.Tests;

// Between which two steps of a host something may happen.
internal enum Boundary
{
    BeforeWrite,
    // Of a process that writes its partitions' batches one by one, which is wrong.
    BetweenWrites,
    AfterWrite,
    BeforeSend,
    AfterSend,
}

// What becomes of a message.
internal enum Fate
{
    OnTime,
    Lost,
    Late,
    Twice,
    OutOfOrder,
}

// A cluster on one thread: partitions with durable journals and volatile memory, a network, a front end with callers
// who don't give up. Partitions in one process commit together, and stop together. What goes wrong, and when, the test
// says. After each step the whole ledger must sum to zero.
internal sealed class Cluster
{
    private const int RoundsMax = 60;

    private readonly List<Message> queue = [];
    private readonly List<Message> overtaken = [];
    private readonly List<Message> late = [];
    private readonly HashSet<Transfer> unanswered = [];
    private readonly HashSet<TransactionId> givenUp = [];
    private readonly Dictionary<Transfer, TransferOutcome> told = [];
    private readonly int[] processes;
    private int frontEnd;

    // Each partition in the process of that number, or in one of its own.
    public Cluster(int partitions, TransferProtocol protocol, byte[][]? journals = null, int[]? processes = null)
    {
        Protocol = protocol;
        this.processes = processes is null ? [.. Enumerable.Range(0, partitions)] : [.. processes];
        Nodes = new ClusterNode[partitions];
        for (var number = 0; number < partitions; number++)
            Nodes[number] = new ClusterNode(this, number, journals is null ? [] : journals[number]);
    }

    public ClusterNode[] Nodes { get; }

    public TransferProtocol Protocol { get; }

    public long Steps { get; private set; }

    // Who stops at this boundary of a node's work on a message.
    public Func<ClusterNode, Message, Boundary, IEnumerable<int>>? Stops { get; set; }

    // Which partition moves to which process at this boundary.
    public Func<ClusterNode, Boundary, (int Partition, int Process)?>? Moves { get; set; }

    public Func<Message, Fate>? Fates { get; set; }

    // Which of so many messages that wait comes next; without it the first.
    public Func<int, int>? NextOf { get; set; }

    // Whether a partition that has just written takes a snapshot.
    public Func<bool>? TakesSnapshot { get; set; }

    // Wrong on purpose, to see that the checks see it.
    public bool SendsBeforeItWrites { get; init; }

    // Wrong too: what commits together must be kept together.
    public bool WritesOneByOne { get; init; }

    public IReadOnlyDictionary<Transfer, TransferOutcome> Told => told;

    public int PartitionOf(AccountId id) => Placement.PartitionOf(id, Nodes.Length);

    public ClusterNode NodeOf(string account) => Nodes[PartitionOf(AccountId.Parse(account))];

    public bool AreTogether(int one, int other) => processes[one] == processes[other];

    public int ProcessOf(int partition) => processes[partition];

    // Whether an operator gives a transfer up as soon as it is under way; each once.
    public HashSet<TransactionId> ToGiveUp { get; } = [];

    public bool GivesUp(TransactionId id) => ToGiveUp.Contains(id) && givenUp.Add(id);

    public byte[][] Journals => [.. Nodes.Select(node => node.Kept.Written.ToArray())];

    public void OpenSettlement(params string[] currencies)
    {
        foreach (var node in Nodes)
        {
            node.Partition.OpenSettlementAccounts(
                node.NowMicros, node.Kept.Batch,
                id => PartitionOf(id) == node.Number && currencies.Contains(id.Value[^3..]));
            node.Kept.KeepBatch();
        }
    }

    public Rejection Open(string account, string currency)
    {
        var node = NodeOf(account);
        var refusal = node.Partition.Open(
            AccountId.Parse(account), Currency.Parse(currency), node.NowMicros, node.Kept.Batch, out _);
        node.Kept.KeepBatch();
        return refusal;
    }

    public Rejection Freeze(string account, bool on = true)
    {
        var node = NodeOf(account);
        var refusal = node.Partition.SetFrozen(AccountId.Parse(account), on, node.NowMicros, node.Kept.Batch);
        node.Kept.KeepBatch();
        return refusal;
    }

    // Sends all at once, and goes on until each has its outcome and nothing is under way any more.
    public void Send(params Transfer[] transfers)
    {
        unanswered.UnionWith(transfers);
        Ask();
        for (var round = 0; ; round++)
        {
            DeliverAll();
            if (unanswered.Count == 0 && Nodes.All(node => node.Partition.UnderWayCount == 0)) return;
            Assert.True(round < RoundsMax, "Something is under way for ever.");
            foreach (var node in Nodes) Work(node, new Message.GiveUp(node.Number, default), _ => node.Resend());
            Ask();
        }
    }

    // What was held up arrives, when all is long over.
    public void DeliverLate()
    {
        queue.AddRange(late);
        late.Clear();
        DeliverAll();
    }

    public void CrashFrontEnd() => frontEnd++;

    public LedgerTotal[] Totals() => [.. LedgerCut.Sum([.. Nodes.Select(node => node.Partition.Cut())])];

    private void CheckSums()
    {
        foreach (var total in Totals())
        {
            Assert.Equal(0, total.Sum.MinorUnits);
            Assert.True(total.UnderWay.MinorUnits >= 0);
        }
    }

    // Callers who have no outcome ask again.
    private void Ask()
    {
        foreach (var asked in unanswered.GroupBy(transfer => PartitionOf(transfer.From)))
            Post(new Message.Request(asked.Key, frontEnd, [.. asked]));
    }

    private void DeliverAll()
    {
        while (queue.Count > 0 || overtaken.Count > 0)
        {
            if (queue.Count == 0)
            {
                queue.AddRange(overtaken);
                overtaken.Clear();
            }
            var next = NextOf?.Invoke(queue.Count) ?? 0;
            var message = queue[next];
            queue.RemoveAt(next);
            Deliver(message);
            // One that was overtaken comes after the next between the same two.
            foreach (var held in overtaken.Where(held => (held.From, held.To) == (message.From, message.To)).ToList())
            {
                overtaken.Remove(held);
                queue.Insert(0, held);
            }
        }
    }

    private void Deliver(Message message)
    {
        if (message is Message.Outcome outcome) Hear(outcome);
        else Work(Nodes[message.To], message, Nodes[message.To].Handle);
    }

    private void Work(ClusterNode node, Message message, Func<Message, List<Message>> handle)
    {
        Steps++;
        var outgoing = handle(message);
        var written = ProcessAt(node.Number).Where(each => each.Kept.Batch.Length > 0).ToList();
        // Only records change the state.
        if (written.Count > 0) CheckSums();
        if (SendsBeforeItWrites)
        {
            foreach (var each in outgoing) Leave(each);
            outgoing.Clear();
        }
        if (written.Count > 0)
        {
            if (StopAt(node, message, Boundary.BeforeWrite)) return;
            foreach (var each in written)
            {
                if (WritesOneByOne && StopAt(node, message, Boundary.BetweenWrites)) return;
                each.Kept.KeepBatch();
            }
            foreach (var each in written)
                if (TakesSnapshot?.Invoke() == true) each.TakeSnapshot();
            if (StopAt(node, message, Boundary.AfterWrite)) return;
        }
        foreach (var each in outgoing)
        {
            if (StopAt(node, each, Boundary.BeforeSend)) return;
            Leave(each);
            if (StopAt(node, each, Boundary.AfterSend)) return;
        }
    }

    // Whether what is at work on this can't go on with it.
    private bool StopAt(ClusterNode node, Message message, Boundary boundary)
    {
        var stopsItself = false;
        foreach (var stopped in Stops?.Invoke(node, message, boundary) ?? [])
        {
            if (stopped == Message.FrontEnd) CrashFrontEnd();
            else stopsItself |= Stop(stopped).Contains(node);
        }
        if (Moves?.Invoke(node, boundary) is { } move && move.Process != processes[move.Partition])
            stopsItself |= Move(move.Partition, move.Process, boundary, node).Contains(node);
        return stopsItself;
    }

    private List<ClusterNode> ProcessAt(int partition) =>
        [.. Nodes.Where(node => AreTogether(node.Number, partition))];

    // One that stops takes its process with it.
    private List<ClusterNode> Stop(int partition)
    {
        var stopped = ProcessAt(partition);
        foreach (var node in stopped) node.Crash();
        return stopped;
    }

    // A partition begins anew in another process, which can write from then on: what the process it leaves has not
    // written finds that out, and ends all of it.
    private List<ClusterNode> Move(int partition, int process, Boundary boundary, ClusterNode atWork)
    {
        var isFenced = boundary == Boundary.BeforeWrite && AreTogether(partition, atWork.Number);
        List<ClusterNode> stopped = isFenced ? Stop(partition) : [Nodes[partition]];
        if (!isFenced) Nodes[partition].Crash();
        processes[partition] = process;
        return stopped;
    }

    private void Leave(Message message)
    {
        if (message is Message.Outcome outcome) CheckTold(outcome);
        Post(message);
    }

    private void Post(Message message)
    {
        switch (Fates?.Invoke(message) ?? Fate.OnTime)
        {
            case Fate.OnTime:
                queue.Add(message);
                break;
            case Fate.Twice:
                queue.Add(message);
                queue.Add(message);
                break;
            case Fate.Late:
                late.Add(message);
                break;
            case Fate.OutOfOrder:
                overtaken.Add(message);
                break;
            case Fate.Lost:
                break;
            default:
                throw new UnreachableException();
        }
    }

    // Whatever is told of one transfer, at whatever time, is the same.
    private void CheckTold(Message.Outcome outcome)
    {
        if (outcome.Told.Rejection == Rejection.Unavailable) return;
        var plain = outcome.Told with { Replayed = false };
        if (told.TryAdd(outcome.Transfer, plain)) return;
        Assert.Equal(told[outcome.Transfer], plain);
    }

    private void Hear(Message.Outcome outcome)
    {
        if (outcome.AskedBy == frontEnd && outcome.Told.Rejection != Rejection.Unavailable)
            unanswered.Remove(outcome.Transfer);
    }
}
