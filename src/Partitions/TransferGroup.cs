using OrleansWallet.Ledger;

namespace OrleansWallet.Partitions;

/// <summary>Transfers that came in one call and are answered together.</summary>
internal sealed class TransferGroup : Call<TransferOutcome[]>
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

    /// <summary>
    /// How many claims and records it waits for, before its transfers are decided in their order; and that all its
    /// claims were asked for.
    /// </summary>
    public int Awaited { get; set; } = 1;

    /// <summary>The first whose claim was not asked for.</summary>
    public int Begun { get; set; }

    /// <summary>The ids whose records were read for it and are held.</summary>
    public List<TransactionId> Held { get; } = [];

    /// <summary>Those whose claims must be looked for in pages.</summary>
    public List<int> Asked { get; } = [];

    /// <summary>The version of the index of records when it began: what is new was not in it.</summary>
    public long Version { get; private set; }

    /// <summary>The first that deciding has not come to.</summary>
    public int Next { get; set; }

    /// <summary>What the payees said of those that were asked about; null where none was.</summary>
    public Rejection?[]? PayeeRefusals { get; set; }

    public bool IsDecided(int index) => isDecided[index];

    /// <summary>Notes with what it begins.</summary>
    public void BeginIn(Turn turn, long version) => (begunIn, Version) = (turn.Number, version);

    /// <summary>Whether all its ids were claimed in this very turn: none can have been recorded before.</summary>
    public bool IsNewIn(Turn turn)
    {
        if (begunIn != turn.Number || Next > 0) return false;
        foreach (ref readonly var where in Where.AsSpan())
            if (!where.IsNew) return false;
        return true;
    }

    /// <summary>Notes an outcome. True where it was the last.</summary>
    public bool Decide(int index, TransferOutcome outcome)
    {
        outcomes[index] = outcome;
        isDecided[index] = true;
        return --undecided == 0;
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
