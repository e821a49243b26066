namespace OrleansWallet.Embedded.Tests.Support;

/// <summary>Options so small that a few dozen transfers reach every limit.</summary>
internal static class Tiny
{
    /// <summary>Segments, snapshots and index files every few events.</summary>
    public static EmbeddedOptions Options { get; } = new()
    {
        QueueTransfersMax = 4096,
        BatchTransfersMax = 1024,
        SegmentBytesMax = 4096,
        SnapshotEveryEvents = 40,
        SnapshotsKept = 2,
        RecentTransactionsMax = 16,
        TransactionFilterBytesMax = 128,
    };

    /// <summary>Nothing but the journal: no snapshot and no index file before the end.</summary>
    public static EmbeddedOptions JournalOnly { get; } = Options with
    {
        SegmentBytesMax = 1 << 20,
        SnapshotEveryEvents = long.MaxValue,
        RecentTransactionsMax = 1 << 12,
    };
}
