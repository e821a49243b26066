using System.ComponentModel.DataAnnotations;
using OrleansWallet.Ledger;

namespace OrleansWallet.Partitions;

/// <summary>How the ledger's partitions work, section <c>Wallet</c>. Every queue and wait has its limit here.</summary>
public sealed record PartitionOptions
{
    /// <summary>How a transfer between two partitions is carried out.</summary>
    public TransferProtocol Protocol { get; init; } = TransferProtocol.Tcc;

    /// <summary>How many transfers may wait in one front end; over it the answer is "overloaded".</summary>
    [Range(1, 1 << 24)]
    public int QueueTransfersMax { get; init; } = 65_536;

    /// <summary>How many transfers may wait in one partition, those under way included; over it: "overloaded".</summary>
    [Range(1, 1 << 24)]
    public int PartitionTransfersMax { get; init; } = 65_536;

    /// <summary>How many bytes of records a batch of the journal has at most.</summary>
    [Range(1 << 16, 1 << 23)]
    public int BatchBytesMax { get; init; } = 1 << 21;

    /// <summary>How many items one message to another partition has at most.</summary>
    [Range(1, 65_536)]
    public int MessageItemsMax { get; init; } = 4_096;

    /// <summary>How long a message to another partition that failed waits before it is sent again, in milliseconds.</summary>
    [Range(1, 60_000)]
    public int ResendMs { get; init; } = 100;

    /// <summary>After how many events a partition is written to a snapshot.</summary>
    [Range(1, long.MaxValue)]
    public long SnapshotEveryEvents { get; init; } = 1_000_000;
}
