namespace OrleansWallet.Storage.Partitions;

/// <summary>
/// A run of a partition's index is gone, or some of it is missing or isn't what was written. The journal has all that
/// is needed to make the index anew.
/// </summary>
public sealed class PartitionIndexDamagedException(int partition, Guid run, string fault, bool isGone = false)
    : Exception($"Run {run} of the index of partition {partition} {fault}.")
{
    /// <summary>The partition's number.</summary>
    public int Partition { get; } = partition;

    /// <summary>The run's id.</summary>
    public Guid Run { get; } = run;

    /// <summary>
    /// Whether the whole run is gone: most likely because another activation's snapshots don't need it. Where it
    /// isn't, the partition's snapshots are of no use either.
    /// </summary>
    public bool IsGone { get; } = isGone;
}
