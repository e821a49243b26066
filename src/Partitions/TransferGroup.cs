using OrleansWallet.Ledger;

namespace OrleansWallet.Partitions;

/// <summary>
/// Transfers that came in one call. Those of a batch are decided in their order, when all their ids are claimed, and
/// answered together; <see cref="SeparateTransfers"/> are not.
/// </summary>
internal class TransferGroup : Call<TransferOutcome[]>
{
    private readonly Transfer[] transfers;
    private readonly TransferOutcome[] outcomes;
    private readonly bool[] isDecided;
    private long begunIn;
    private int undecided;

    public TransferGroup(PartitionHost host, Transfer[] transfers)
        : base(host)
    {
        this.transfers = transfers;
        Result = outcomes = new TransferOutcome[transfers.Length];
        isDecided = new bool[transfers.Length];
        Where = new Whereabouts[transfers.Length];
        undecided = transfers.Length;
    }

    public Transfer[] Transfers => transfers;

    /// <summary>Where each transfer's parts are.</summary>
    public Whereabouts[] Where { get; }

    /// <summary>How many claims and records it waits for; and that all its claims were asked for.</summary>
    public int Awaited { get; set; } = 1;

    /// <summary>The first whose claim was not asked for.</summary>
    public int Begun { get; set; }

    /// <summary>The ids whose records were read for it and are held.</summary>
    public List<TransactionId> Held { get; } = [];

    /// <summary>Those whose claims must be looked for in pages.</summary>
    public List<int> Asked { get; } = [];

    /// <summary>The version of the index of records when it began: what is new was not in it.</summary>
    public long Version { get; private set; }

    /// <summary>Among those that are ready, the first that deciding has not come to.</summary>
    public int Next { get; set; }

    /// <summary>What the payees said of those that were asked about; null where none was.</summary>
    public Rejection?[]? PayeeRefusals { get; set; }

    /// <summary>Whether one that has to wait keeps those behind it waiting.</summary>
    public virtual bool IsInOrder => true;

    /// <summary>How many are ready to be decided, or were.</summary>
    public virtual int ReadyCount => Awaited == 0 ? transfers.Length : 0;

    protected TransferOutcome[] Outcomes => outcomes;

    protected int Undecided => undecided;

    public bool IsDecided(int index) => isDecided[index];

    /// <summary>The place in the call of one that is ready.</summary>
    public virtual int ReadyAt(int number) => number;

    /// <summary>Says that all that one waited for has come.</summary>
    public virtual void Ready(int index)
    {
        // All of them become ready at once.
    }

    /// <summary>Says that some are not ready, after all.</summary>
    public virtual void SetAside(IReadOnlyCollection<int> indexes)
    {
        // What is awaited keeps all of them.
    }

    /// <summary>Says that deciding has come to the last that was ready.</summary>
    public virtual void CameThrough()
    {
        // There is no second round.
    }

    /// <summary>The outcomes that were told and not yet taken. Any thread, one at a time.</summary>
    public virtual TransferAnswers TakeAnswers(bool isLast) => new(null, isLast ? outcomes : [], isLast);

    /// <summary>Done when there are outcomes to take, or none will come.</summary>
    public virtual Task ListenAsync() => Task;

    /// <summary>Notes with what it begins.</summary>
    public void BeginIn(Turn turn, long version) => (begunIn, Version) = (turn.Number, version);

    /// <summary>
    /// Whether all ids that are ready were claimed in this very turn: none can have been recorded before.
    /// </summary>
    public bool IsNewIn(Turn turn)
    {
        if (begunIn != turn.Number) return false;
        for (var i = Next; i < ReadyCount; i++)
            if (!Where[ReadyAt(i)].IsNew) return false;
        return true;
    }

    /// <summary>Notes an outcome, to be told when the turn's commit is durable.</summary>
    public virtual void Decide(int index, TransferOutcome outcome, Turn turn)
    {
        Note(index, outcome);
        if (undecided == 0) turn.Then(this);
    }

    protected void Note(int index, TransferOutcome outcome)
    {
        outcomes[index] = outcome;
        isDecided[index] = true;
        undecided--;
    }
}

/// <summary>One transfer of a group.</summary>
internal readonly record struct Place(TransferGroup Group, int Index, bool IsReplay = false)
{
    public ref readonly Transfer Transfer => ref Group.Transfers[Index];
}

/// <summary>Where a transfer's parts are: what the caller's own thread finds out, in nobody's turn.</summary>
internal struct Whereabouts
{
    /// <summary>The payer's number in its partition; -1 where it was not found.</summary>
    public int From;

    /// <summary>The payee's number in its partition; -1 where it was not found, or the partition isn't near.</summary>
    public int To;

    /// <summary>The payee's partition.</summary>
    public int Payee;

    /// <summary>The partition where the id is claimed.</summary>
    public int Home;

    /// <summary>Whether its claim was granted now, and not before.</summary>
    public bool IsNew;
}
