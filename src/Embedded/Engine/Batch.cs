using OrleansWallet.Embedded.Journal;
using OrleansWallet.Ledger;

namespace OrleansWallet.Embedded.Engine;

/// <summary>
/// Requests that are carried out and made durable together. There are two of these: one at work on the ledger's
/// thread while the other is on its way to the journal.
/// </summary>
internal sealed class Batch(int transfersMax)
{
    private readonly TransferCommand[] commands = new TransferCommand[transfersMax];
    private readonly TransferOutcome[] outcomes = new TransferOutcome[transfersMax];
    private Request[] requests = new Request[transfersMax];
    private readonly List<Request> forTheEnd = [];
    private readonly List<Request> pastReads = [];
    private int singlesWaiting;

    /// <summary>Their records.</summary>
    public RecordBuffer Records { get; } =
        new(transfersMax * OrleansWallet.Ledger.Records.LengthMax, BatchHeader.Bytes);

    /// <summary>How many requests.</summary>
    public int Count { get; private set; }

    /// <summary>The sequence number of its first record.</summary>
    public long FirstSequence { get; private set; }

    /// <summary>How much weight it has.</summary>
    public int Weight { get; private set; }

    /// <summary>What to do with the point before it, when all before it is durable.</summary>
    public Action<JournalPoint>? Before { get; set; }

    /// <summary>Whether the journal's thread has anything to do with it.</summary>
    public bool HasWork => Count > 0 || pastReads.Count > 0 || Before is not null || Records.Count > 0;

    /// <summary>Whether a request of that weight still fits in.</summary>
    public bool Fits(int weight) => Weight + weight <= transfersMax;

    /// <summary>Begins it anew.</summary>
    public void Begin(long place, long firstSequence)
    {
        Records.Reset(place + BatchHeader.Bytes);
        FirstSequence = firstSequence;
        Weight = 0;
    }

    /// <summary>Adds a request, and carries it out, now or with the single transfers that come after it.</summary>
    public void Add(Request request, Partition partition, long atMicros)
    {
        Weight += request.Weight;
        if (request.ReadsPast)
        {
            ExecuteSingles(partition, atMicros);
            pastReads.Add(request);
            request.Execute(partition, atMicros, Records);
            return;
        }
        requests[Count++] = request;
        if (request is TransferRequest single)
        {
            commands[singlesWaiting++] = new TransferCommand(single.Transfer);
            return;
        }
        ExecuteSingles(partition, atMicros, behind: 1);
        if (request.IsForTheEnd) forTheEnd.Add(request);
        else request.Execute(partition, atMicros, Records);
    }

    /// <summary>Carries out what asked for the batch's end; nothing is added after this.</summary>
    public void ExecuteAtEnd(Partition partition)
    {
        foreach (var request in forTheEnd) request.Execute(partition, partition.LastAtMicros, Records);
        forTheEnd.Clear();
    }

    /// <summary>Carries out the single transfers that wait, together.</summary>
    public void ExecuteSingles(Partition partition, long atMicros, int behind = 0)
    {
        if (singlesWaiting == 0) return;
        var singles = commands.AsSpan(0, singlesWaiting);
        partition.Directory.FindMany(singles);
        partition.Execute(singles, atMicros, Records, outcomes);
        var first = Count - behind - singlesWaiting;
        for (var i = 0; i < singlesWaiting; i++) ((TransferRequest)requests[first + i]).Outcome = outcomes[i];
        singlesWaiting = 0;
    }

    /// <summary>Lets go of the requests that read the past, in the same way.</summary>
    public Request[] TakePastReads()
    {
        if (pastReads.Count == 0) return [];
        Request[] taken = [.. pastReads];
        pastReads.Clear();
        return taken;
    }

    /// <summary>Lets go of all other requests, to be answered or refused by somebody else.</summary>
    public ArraySegment<Request> TakeRequests(Request[] spare)
    {
        var taken = new ArraySegment<Request>(requests, 0, Count);
        requests = spare;
        Count = 0;
        singlesWaiting = 0;
        return taken;
    }
}
