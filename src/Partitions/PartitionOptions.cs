using System.ComponentModel.DataAnnotations;
using OrleansWallet.Ledger;

namespace OrleansWallet.Partitions;

/// <summary>How the ledger's partitions work, section <c>Wallet</c>. Every queue and wait has its limit here.</summary>
public sealed record PartitionOptions
{
    /// <summary>How a transfer between two partitions is carried out.</summary>
    public TransferProtocol Protocol { get; init; } = TransferProtocol.Tcc;

    /// <summary>How many transfers may wait in one partition, or be under way; over it: "overloaded".</summary>
    [Range(1, 1 << 24)]
    public int PartitionTransfersMax { get; init; } = 65_536;

    /// <summary>How many bytes of records a batch of the journal has at most.</summary>
    [Range(1 << 16, 1 << 23)]
    public int BatchBytesMax { get; init; } = 1 << 21;

    /// <summary>How many bytes of records the partitions of one loop commit together, about.</summary>
    [Range(1 << 16, 1 << 26)]
    public int CommitBytesMax { get; init; } = 1 << 22;

    /// <summary>
    /// How many loops work for the partitions of a process on one database server. Partitions of one loop commit
    /// together, so that transfers between them need no protocol; more loops use more cores.
    /// </summary>
    [Range(1, 1_024)]
    public int PartitionLoops { get; init; } = 1;

    /// <summary>How many items one message to another partition has at most.</summary>
    [Range(1, 65_536)]
    public int MessageItemsMax { get; init; } = 4_096;

    /// <summary>How long a message to another partition that failed waits to be sent again, in milliseconds.</summary>
    [Range(1, 60_000)]
    public int ResendMs { get; init; } = 100;

    /// <summary>After how many events a partition is written to a snapshot.</summary>
    [Range(1, 1 << 30)]
    public int SnapshotEveryEvents { get; init; } = 1_000_000;

    /// <summary>How many transaction ids of each index a replay keeps in memory before it writes them.</summary>
    [Range(1, 1 << 26)]
    public int RecentIdsMax { get; init; } = 1_000_000;

    /// <summary>How many bytes of filters of transaction ids a partition holds in memory; 3 for each id.</summary>
    [Range(0, 1 << 30)]
    public int IdFilterBytesMax { get; init; } = 64 << 20;
}
