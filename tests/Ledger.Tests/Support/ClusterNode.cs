namespace OrleansWallet.Ledger.Tests;

// The host of one partition: what it keeps is its journal, all else is lost when it stops. What it decides about a
// message are records to make durable and messages to send after that.
internal sealed class ClusterNode : IClaims
{
    private const int BatchBytes = 1 << 13;

    private readonly Cluster cluster;
    private readonly Dictionary<TransactionId, int> claims = [];
    private readonly Dictionary<TransactionId, Transfer> claiming = [];
    private readonly Dictionary<TransactionId, Transfer> asking = [];
    private readonly Dictionary<Transfer, int> waiting = [];
    private readonly SortedDictionary<int, List<long>> orders = [];
    private readonly List<Message> outbox = [];
    private (byte[] Image, int Length) snapshot;

    public ClusterNode(Cluster cluster, int number, ReadOnlySpan<byte> journal)
    {
        (this.cluster, Number) = (cluster, number);
        (Kept, Partition) = Taken(journal);
    }

    public int Number { get; }

    public KeptRecords Kept { get; private set; }

    public Partition Partition { get; private set; }

    // The clocks are apart, and some stand still for long: causes must come before effects nevertheless.
    public long NowMicros => 1_700_000_000_000_000 + Number * 50 + cluster.Steps / 8;

    // What it says to a message. It is sent when the batch is durable, and not before.
    public List<Message> Handle(Message message)
    {
        switch (message)
        {
            case Message.Request request:
                Handle(request);
                break;
            case Message.ClaimAsk ask:
                Send(new Message.ClaimAnswer(Number, ask.From, ask.Ids, Claim(ask.From, ask.AtMicros, ask.Ids)));
                break;
            case Message.ClaimAnswer answer:
                for (var i = 0; i < answer.Ids.Length; i++) Claimed(answer.Ids[i], answer.Granted[i]);
                break;
            case Message.PayeeAsk ask:
                Send(new Message.PayeeAnswer(
                    Number, ask.From, ask.Transfer, Partition.DecideCredit(ask.Transfer.To, ask.Transfer.Amount)));
                break;
            case Message.PayeeAnswer answer:
                if (asking.Remove(answer.Transfer.Id, out var asked)) Begin(asked, answer.Refusal);
                break;
            case Message.Orders received:
                var answers = new CreditAnswer[received.Items.Length];
                Partition.Receive(received.Head, received.Items, NowMicros, Kept.Batch, answers);
                Send(new Message.Answers(Number, received.From, Partition.LastAtMicros, answers));
                break;
            case Message.Answers taken:
                Handle(taken);
                break;
            case Message.GiveUp giveUp:
                if (Partition.GiveUp(giveUp.Id, NowMicros, Kept.Batch)) Resend(giveUp.Id);
                break;
        }
        return Outgoing();
    }

    // Sends again what is under way: after a recovery, or where an answer stays out.
    public List<Message> Resend()
    {
        foreach (var each in Partition.UnderWay()) Order(each.Payee, each.Number);
        return Outgoing();
    }

    // Keeps the state as it is after all that is durable: what is taken up again goes on from there.
    public void TakeSnapshot() => snapshot = (TestLedger.ImageOf(Partition), Kept.Length);

    // Stops and is taken up again from what is durable.
    public void Crash()
    {
        claims.Clear();
        orders.Clear();
        outbox.Clear();
        claiming.Clear();
        asking.Clear();
        waiting.Clear();
        (Kept, Partition) = Taken(Kept.Written);
    }

    void IClaims.Prefetch(TransactionId id)
    {
    }

    bool IClaims.TryFind(TransactionId id, out int payer) => claims.TryGetValue(id, out payer);

    void IClaims.Remember(TransactionId id, int payer, long place) => claims.Add(id, payer);

    public Partition NewPartition(KeptRecords kept, IClaims held) => new(kept, MembershipOf(held));

    private Membership MembershipOf(IClaims held) => new(Number, cluster.Nodes.Length, held);

    private (KeptRecords, Partition) Taken(ReadOnlySpan<byte> journal)
    {
        var kept = new KeptRecords(BatchBytes, journal.Length + 1024);
        var partition = snapshot.Image is null
            ? NewPartition(kept, this)
            : Partition.FromImage(new MemoryStream(snapshot.Image), kept, MembershipOf(this));
        for (var at = 0; at < journal.Length;)
        {
            Assert.True(Records.TryRead(journal[at..], out var record));
            record.CopyTo(kept.Batch.Append(record.Length, out var place));
            if (at >= snapshot.Length) partition.Apply(record, place);
            if (Records.TransactionIdOf(record) is { } id) kept.Remember(id, place);
            if (Records.ClaimOf(record) is { } claim) claims.Add(claim.Id, claim.Payer);
            kept.KeepBatch();
            at += record.Length;
        }
        return (kept, partition);
    }

    private void Handle(Message.Request request)
    {
        // One whose id is just being claimed for other content gets no answer yet: nothing is decided under that id.
        var homes = new SortedDictionary<int, List<TransactionId>>();
        foreach (var transfer in request.Transfers)
        {
            waiting[transfer] = request.AskedBy;
            if (Partition.TryAnswerKnown(transfer, out var known))
            {
                if (known.Step == RemoteTransferStep.Decided) Tell(transfer, known.Outcome);
            }
            else if (claiming.TryAdd(transfer.Id, transfer) || claiming[transfer.Id] == transfer)
            {
                var home = Placement.HomeOf(transfer.Id, cluster.Nodes.Length);
                if (!homes.TryGetValue(home, out var ids)) homes.Add(home, ids = []);
                ids.Add(transfer.Id);
            }
        }
        foreach (var (home, ids) in homes)
        {
            // In one commit a claim and what it allows may become durable together.
            if (cluster.AreTogether(home, Number))
                foreach (var (id, granted) in ids.Zip(ClaimAt(home, [.. ids]))) Claimed(id, granted);
            else
                Send(new Message.ClaimAsk(Number, home, Partition.LastAtMicros, [.. ids]));
        }
    }

    private bool[] ClaimAt(int home, TransactionId[] ids) =>
        cluster.Nodes[home].Claim(Number, Partition.LastAtMicros, ids);

    private bool[] Claim(int payer, long observedMicros, TransactionId[] ids)
    {
        var answers = new Ledger.ClaimAnswer[ids.Length];
        Partition.Claim(payer, observedMicros, ids, NowMicros, Kept.Batch, answers);
        return Array.ConvertAll(answers, answer => answer != Ledger.ClaimAnswer.Refused);
    }

    private void Claimed(TransactionId id, bool granted)
    {
        if (!claiming.Remove(id, out var transfer)) return;
        if (granted) Begin(transfer, null);
        else Tell(transfer, new TransferOutcome(Rejection.TransactionIdReused, false, 0));
    }

    private void Begin(Transfer transfer, Rejection? payeeRefusal)
    {
        var payee = cluster.PartitionOf(transfer.To);
        if (payee == Number)
        {
            var outcomes = new TransferOutcome[1];
            Partition.Execute([new TransferCommand(transfer)], NowMicros, Kept.Batch, outcomes);
            Tell(transfer, outcomes[0]);
            return;
        }
        var answer = cluster.AreTogether(payee, Number)
            ? ExecuteTogether(cluster.Nodes[payee], transfer)
            : Reserve(payee, transfer, payeeRefusal);
        switch (answer.Step)
        {
            case RemoteTransferStep.Decided:
                Tell(transfer, answer.Outcome);
                break;
            case RemoteTransferStep.Reserved:
                Order(payee, answer.Number);
                if (cluster.GivesUp(transfer.Id)) Send(new Message.GiveUp(Number, transfer.Id));
                break;
            case RemoteTransferStep.AskPayee:
                asking[transfer.Id] = transfer;
                Send(new Message.PayeeAsk(Number, payee, transfer));
                break;
        }
    }

    private RemoteTransferAnswer ExecuteTogether(ClusterNode payee, Transfer transfer) =>
        Partition.ExecuteTogether(payee.Partition, new TransferCommand(transfer), NowMicros, Kept.Batch, payee.Kept.Batch);

    private RemoteTransferAnswer Reserve(int payee, Transfer transfer, Rejection? payeeRefusal)
    {
        var answers = new RemoteTransferAnswer[1];
        var command = new RemoteTransferCommand(transfer, payee, PayeeRefusal: payeeRefusal);
        Partition.Reserve(cluster.Protocol, [command], NowMicros, Kept.Batch, answers);
        return answers[0];
    }

    private void Handle(Message.Answers taken)
    {
        var progress = new TransferProgress[taken.Items.Length];
        Partition.TakeAnswers(taken.From, taken.AtMicros, taken.Items, NowMicros, Kept.Batch, progress);
        foreach (var each in progress)
        {
            if (each.Kind == ProgressKind.Confirm) Order(taken.From, each.Number);
            if (each.Kind is not (ProgressKind.Decided or ProgressKind.Withdrawn)) continue;
            // One with other content may wait under the same id: that is another transfer.
            foreach (var transfer in waiting.Keys.Where(transfer => transfer.Id == each.Id).ToList())
            {
                var isOther = Partition.TryAnswerKnown(transfer, out var known)
                    && known.Outcome.Rejection == Rejection.TransactionIdReused;
                Tell(transfer, isOther ? known.Outcome : each.Outcome);
            }
        }
    }

    private void Resend(TransactionId id)
    {
        Assert.True(Partition.TryFindUnderWay(id, out var transfer));
        Order(transfer.Payee, transfer.Number);
    }

    private void Order(int payee, long number)
    {
        if (!orders.TryGetValue(payee, out var numbers)) orders.Add(payee, numbers = []);
        numbers.Add(number);
    }

    // Orders to one partition travel together.
    private List<Message> Outgoing()
    {
        foreach (var (payee, numbers) in orders)
        {
            var items = new CreditOrder[numbers.Count];
            var head = Partition.WriteOrders(payee, numbers.ToArray(), items, out var written);
            Assert.Equal(items.Length, written);
            Send(new Message.Orders(payee, head, items));
        }
        List<Message> outgoing = [.. outbox];
        orders.Clear();
        outbox.Clear();
        return outgoing;
    }

    private void Tell(Transfer transfer, TransferOutcome outcome)
    {
        if (waiting.Remove(transfer, out var askedBy)) Send(new Message.Outcome(Number, askedBy, transfer, outcome));
    }

    private void Send(Message message) => outbox.Add(message);
}
