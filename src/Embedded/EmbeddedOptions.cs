using System.ComponentModel.DataAnnotations;

namespace OrleansWallet.Embedded;

/// <summary>How the embedded engine is set up. Every queue, batch and file has its limit here.</summary>
public sealed record EmbeddedOptions
{
    /// <summary>Where the ledger lies. It is made if it isn't there; one process at a time may use it.</summary>
    [Required]
    public string DataDirectory { get; init; } = "data";

    /// <summary>
    /// How many transfers and other requests may wait; over it the answer is "overloaded". A call of the largest size
    /// fits into an empty queue, or it could never be answered otherwise.
    /// </summary>
    [Range(OrleansWallet.Ledger.IWallet.TransfersMax, 1 << 24)]
    public int QueueTransfersMax { get; init; } = 65_536;

    /// <summary>How many transfers go to the journal together at most; those of one call always do.</summary>
    [Range(OrleansWallet.Ledger.IWallet.TransfersMax, 1 << 20)]
    public int BatchTransfersMax { get; init; } = 32_768;

    /// <summary>How long a journal segment grows, in bytes, before the next one begins.</summary>
    [Range(1 << 16, 1L << 40)]
    public long SegmentBytesMax { get; init; } = 1L << 30;

    /// <summary>
    /// How much of the journal's end the system's cache is to keep, in bytes. What is older is let go of as the
    /// journal grows, so that its memory serves the next write; reading it again costs a read from the disk.
    /// </summary>
    [Range(1 << 20, long.MaxValue)]
    public long JournalCacheBytes { get; init; } = 256L << 20;

    /// <summary>A snapshot is begun after so many events.</summary>
    [Range(1, long.MaxValue)]
    public long SnapshotEveryEvents { get; init; } = 8_000_000;

    /// <summary>How many snapshots are kept; older ones are deleted.</summary>
    [Range(1, 1000)]
    public int SnapshotsKept { get; init; } = 2;

    /// <summary>How many transaction ids are held in memory before they go to the index on disk.</summary>
    [Range(1024, 1 << 28)]
    public int RecentTransactionsMax { get; init; } = 1 << 21;

    /// <summary>
    /// How many bytes the filters over the index may take, about three for each id. Over it the oldest ids are looked
    /// up on disk: slower, never forgotten.
    /// </summary>
    [Range(0, 1L << 40)]
    public long TransactionFilterBytesMax { get; init; } = 2L << 30;
}
