namespace OrleansWallet.Storage.Partitions;

/// <summary>
/// A partition's journal is damaged: a batch is missing, or isn't what was written. Nothing after it was read; it is
/// put back from a backup or a standby, never passed over.
/// </summary>
public sealed class PartitionDamagedException(int partition, long sequence, string fault)
    : Exception($"Batch {sequence} of partition {partition} is damaged: {fault}.")
{
    /// <summary>The partition's number.</summary>
    public int Partition { get; } = partition;

    /// <summary>The number of the batch.</summary>
    public long Sequence { get; } = sequence;
}
