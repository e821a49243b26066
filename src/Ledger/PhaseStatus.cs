using System.Runtime.InteropServices;

namespace OrleansWallet.Ledger;

/// <summary>How far one step of a transfer between partitions has come. The numbers are stored.</summary>
public enum StepStatus : byte
{
    /// <summary>Not sent yet, as far as is known: after a recovery it may have been.</summary>
    NotSent = 0,
    /// <summary>Sent; the answer is not there.</summary>
    Sent = 1,
    /// <summary>Answered.</summary>
    Answered = 2,
}

/// <summary>What follows the first phase. The numbers are stored.</summary>
public enum SecondPhase : byte
{
    /// <summary>Nothing was decided yet; or nothing more is due, since a saga's credit is its last step.</summary>
    None = 0,
    /// <summary>TC/C: the payee is credited, then the payer debited.</summary>
    Confirm = 1,
    /// <summary>The reservation is taken back: the payee refused it, or the payer's partition gave it up.</summary>
    Cancel = 2,
    /// <summary>Saga: the reservation is taken back, since the payee refused the credit.</summary>
    Compensate = 3,
}

/// <summary>
/// Where a transfer between partitions stands, 5 bytes of each record that its payer's partition writes about it. The
/// record that reserves the money is the payer's own Try.
/// </summary>
[StructLayout(LayoutKind.Sequential, Pack = 1)]
public record struct PhaseStatus
{
    /// <summary>By which protocol.</summary>
    public TransferProtocol Protocol;
    /// <summary>The reservation: answered, once there is a record at all.</summary>
    public StepStatus PayerTry;
    /// <summary>The payee's Try; with a saga, its credit.</summary>
    public StepStatus PayeeTry;
    /// <summary>The second phase.</summary>
    public SecondPhase Second;
    /// <summary>How far the second phase has come.</summary>
    public StepStatus SecondStatus;

    /// <summary>Whether the payer's partition gave the transfer up, and the payee's has not answered to that.</summary>
    public readonly bool IsCancelling => Second == SecondPhase.Cancel && SecondStatus != StepStatus.Answered;

    internal static PhaseStatus Reserved(TransferProtocol protocol) =>
        new() { Protocol = protocol, PayerTry = StepStatus.Answered };

    internal readonly PhaseStatus Cancelling() =>
        this with { Second = SecondPhase.Cancel, SecondStatus = StepStatus.NotSent };

    internal readonly PhaseStatus Settled() => Ended(
        Protocol == TransferProtocol.Tcc ? SecondPhase.Confirm : SecondPhase.None);

    internal readonly PhaseStatus Refused() => Ended(
        Protocol == TransferProtocol.Tcc ? SecondPhase.Cancel : SecondPhase.Compensate);

    internal readonly PhaseStatus Withdrawn() => Ended(SecondPhase.Cancel);

    private readonly PhaseStatus Ended(SecondPhase second) => this with
    {
        PayeeTry = StepStatus.Answered,
        Second = second,
        SecondStatus = second == SecondPhase.None ? StepStatus.NotSent : StepStatus.Answered,
    };
}
