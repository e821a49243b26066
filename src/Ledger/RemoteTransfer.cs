namespace OrleansWallet.Ledger;

/// <summary>A transfer whose payee lies in another partition.</summary>
/// <param name="Transfer">What to move.</param>
/// <param name="Payee">The number of the payee's partition.</param>
/// <param name="FromNumber">The payer's number where the caller looked it up already; else -1.</param>
/// <param name="PayeeRefusal">
/// What the payee's partition said to <see cref="RemoteTransferStep.AskPayee"/>: None or why it would refuse. Null
/// where it was not asked.
/// </param>
public readonly record struct RemoteTransferCommand(
    Transfer Transfer, int Payee, int FromNumber = -1, Rejection? PayeeRefusal = null);

/// <summary>What became of a <see cref="RemoteTransferCommand"/>.</summary>
public enum RemoteTransferStep : byte
{
    /// <summary>The outcome is there: now, or from an earlier time, or nothing was done (overloaded).</summary>
    Decided,
    /// <summary>The money is reserved by this very command: its order is to be sent.</summary>
    Reserved,
    /// <summary>An earlier command with the same content reserved it; its outcome is that of both.</summary>
    UnderWay,
    /// <summary>
    /// The payer refuses, but the payee might for a reason of higher precedence. Nothing was recorded: ask its
    /// partition (<see cref="Partition.DecideCredit"/>) and come again.
    /// </summary>
    AskPayee,
}

/// <summary>The answer to a <see cref="RemoteTransferCommand"/>.</summary>
/// <param name="Step">What is to be done.</param>
/// <param name="Outcome">The outcome, once it is decided.</param>
/// <param name="Payee">The payee's partition where it is reserved or under way.</param>
/// <param name="Number">Its number in the channel where it is reserved or under way.</param>
public readonly record struct RemoteTransferAnswer(
    RemoteTransferStep Step, TransferOutcome Outcome, int Payee = -1, long Number = 0);

/// <summary>What an answer from the payee's partition led to.</summary>
public enum ProgressKind : byte
{
    /// <summary>Nothing: it was late, or came twice.</summary>
    None,
    /// <summary>The payee promised: the Confirm is to be sent.</summary>
    Confirm,
    /// <summary>The transfer has its outcome.</summary>
    Decided,
    /// <summary>
    /// The transfer was given up: nothing moved, and no outcome is recorded, so the id may be sent again.
    /// </summary>
    Withdrawn,
}

/// <summary>What an answer from the payee's partition led to, for one transfer.</summary>
/// <param name="Id">The transfer; <c>default</c> where nothing followed.</param>
/// <param name="Number">Its number in the channel.</param>
/// <param name="Kind">What followed.</param>
/// <param name="Outcome">What those who wait for it hear, where it is decided or withdrawn.</param>
public readonly record struct TransferProgress(
    TransactionId Id, long Number, ProgressKind Kind, TransferOutcome Outcome = default);

/// <summary>A transfer to another partition that has no outcome yet.</summary>
/// <param name="Payee">The payee's partition.</param>
/// <param name="Number">Its number in the channel there.</param>
/// <param name="Transfer">Its content.</param>
/// <param name="Phase">Where it stands.</param>
public readonly record struct UnderWayTransfer(int Payee, long Number, Transfer Transfer, PhaseStatus Phase);
