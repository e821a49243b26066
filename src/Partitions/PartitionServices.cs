using OrleansWallet.Storage.Partitions;

namespace OrleansWallet.Partitions;

/// <summary>What a partition's host works with.</summary>
/// <param name="Journal">The partitions' journals.</param>
/// <param name="Snapshots">Their snapshots.</param>
/// <param name="Index">The older of their transaction ids.</param>
/// <param name="Peers">The other partitions.</param>
/// <param name="Options">The limits.</param>
/// <param name="Time">The clock.</param>
/// <param name="Notice">Told what an operator should know, a line each.</param>
public sealed record PartitionServices(
    IPartitionJournal Journal, IPartitionSnapshots Snapshots, IPartitionIndex Index, IPartitionPeers Peers,
    PartitionOptions Options, TimeProvider Time, Action<string> Notice)
{
    /// <summary>Which partitions commit together: those that are hosted with these services.</summary>
    internal CommitDomains Domains { get; } = new(Journal, Options, Notice);
}
