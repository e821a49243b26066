using OrleansWallet.Ledger;

namespace OrleansWallet.Partitions;

/// <summary>Transfers that came in one call and are answered together.</summary>
internal sealed class TransferGroup(Transfer[] transfers)
    : TaskCompletionSource<TransferOutcome[]>(TaskCreationOptions.RunContinuationsAsynchronously)
{
    private readonly TransferOutcome[] outcomes = new TransferOutcome[transfers.Length];
    private readonly bool[] isDecided = new bool[transfers.Length];

    public Transfer[] Transfers => transfers;

    /// <summary>How many claims and records it waits for, before its transfers are decided in their order.</summary>
    public int Awaited { get; set; }

    /// <summary>How many have no outcome yet.</summary>
    public int Undecided { get; private set; } = transfers.Length;

    /// <summary>The first that deciding has not come to.</summary>
    public int Next { get; set; }

    /// <summary>What the payees said of those that were asked about; null where none was.</summary>
    public Rejection?[]? PayeeRefusals { get; set; }

    public bool IsDecided(int index) => isDecided[index];

    /// <summary>Notes an outcome. True where it was the last.</summary>
    public bool Decide(int index, TransferOutcome outcome)
    {
        outcomes[index] = outcome;
        isDecided[index] = true;
        return --Undecided == 0;
    }

    public void Answer() => TrySetResult(outcomes);
}

/// <summary>One transfer of a group.</summary>
internal readonly record struct Place(TransferGroup Group, int Index, bool IsReplay = false)
{
    public ref readonly Transfer Transfer => ref Group.Transfers[Index];
}
