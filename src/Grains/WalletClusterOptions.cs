using System.ComponentModel.DataAnnotations;

namespace OrleansWallet.Grains;

/// <summary>How the cluster edition works, section <c>Wallet</c>. Every queue and wait has its limit here.</summary>
public sealed record WalletClusterOptions
{
    /// <summary>How many transfers may wait in one front end; over it the answer is "overloaded".</summary>
    [Range(1, 1 << 24)]
    public int QueueTransfersMax { get; init; } = 65_536;

    /// <summary>How many transfers one front end has under way at once; the others wait for their turn.</summary>
    [Range(1, 65_536)]
    public int TransfersUnderWayMax { get; init; } = 256;

    /// <summary>How long a transfer may wait for its turn, in seconds; over it the answer is "overloaded".</summary>
    [Range(1, 300)]
    public int QueueSecondsMax { get; init; } = 10;

    /// <summary>
    /// How long a transfer is tried again where it fails for a passing cause, in seconds. With the wait for its turn
    /// and the time of the last try, 8 seconds, it bounds how long a caller waits.
    /// </summary>
    [Range(1, 300)]
    public int TransferSecondsMax { get; init; } = 10;

    /// <summary>How many stripes each settlement account has. Fixed when the ledger is made.</summary>
    [Range(1, 64)]
    public int SettlementStripes { get; init; } = 16;

    /// <summary>By how much the clocks of two silos may differ, in seconds.</summary>
    [Range(1, 3600)]
    public int ClockSkewSecondsMax { get; init; } = 30;

    /// <summary>How old the last audit may be that answers for the whole ledger, in seconds.</summary>
    [Range(1, 86_400)]
    public int AuditSecondsMax { get; init; } = 60;
}
