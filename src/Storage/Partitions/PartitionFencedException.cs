namespace OrleansWallet.Storage.Partitions;

/// <summary>
/// Another activation of the partition has written to its journal: this one's batch was not written, and it must give
/// the partition up.
/// </summary>
public sealed class PartitionFencedException(int partition, long sequence)
    : Exception($"Batch {sequence} of partition {partition} is another activation's: this one must give it up.")
{
    /// <summary>The partition's number.</summary>
    public int Partition { get; } = partition;

    /// <summary>The number of the batch that was not written.</summary>
    public long Sequence { get; } = sequence;
}
