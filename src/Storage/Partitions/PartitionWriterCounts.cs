namespace OrleansWallet.Storage.Partitions;

/// <summary>How much this process has sent to the journal so far.</summary>
/// <param name="Groups">Groups, each a statement and a commit.</param>
/// <param name="Batches">Batches in them.</param>
/// <param name="Bytes">Bytes of these batches.</param>
public readonly record struct PartitionWriterCounts(long Groups, long Batches, long Bytes);
