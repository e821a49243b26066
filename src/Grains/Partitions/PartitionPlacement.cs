using Orleans.Placement;
using Orleans.Runtime.Placement;

namespace OrleansWallet.Grains;

/// <summary>Spreads the partitions over the silos.</summary>
[GenerateSerializer, Immutable, Alias("wallet.PartitionPlacement")]
public sealed class PartitionPlacement : PlacementStrategy
{
    /// <summary>
    /// The silo that a partition belongs to: the same for all who know of the same silos. Where one comes or goes, only
    /// the partitions move that it gets or had (rendezvous hashing, D. Thaler and C. Ravishankar, 1998).
    /// </summary>
    public static SiloAddress SiloOf(int partition, IEnumerable<SiloAddress> silos) =>
        silos.MaxBy(silo => (Weight(partition, silo), silo.ToParsableString()))
        ?? throw new OrleansException($"There is no silo for partition {partition}.");

    // The finalizer of MurmurHash3 (A. Appleby) over both.
    private static ulong Weight(int partition, SiloAddress silo)
    {
        var hash = ((ulong)(uint)silo.GetConsistentHashCode() << 32) | (uint)partition;
        hash = (hash ^ (hash >> 33)) * 0xFF51AFD7ED558CCD;
        hash = (hash ^ (hash >> 33)) * 0xC4CEB9FE1A85EC53;
        return hash ^ (hash >> 33);
    }
}

/// <summary>Of a grain that is a partition, its key the partition's number.</summary>
[AttributeUsage(AttributeTargets.Class)]
public sealed class PartitionPlacementAttribute() : PlacementAttribute(new PartitionPlacement());

/// <summary>Places a partition where it belongs.</summary>
public sealed class PartitionPlacementDirector(PartitionGrainServices? partitions = null) : IPlacementDirector
{
    /// <inheritdoc/>
    public Task<SiloAddress> OnAddActivation(
        PlacementStrategy strategy, PlacementTarget target, IPlacementContext context) =>
        Task.FromResult(PartitionPlacement.SiloOf(
            (int)target.GrainIdentity.GetIntegerKey(), Staying(context.GetCompatibleSilos(target))));

    private IReadOnlyCollection<SiloAddress> Staying(SiloAddress[] silos) => partitions?.Staying(silos) ?? silos;
}
