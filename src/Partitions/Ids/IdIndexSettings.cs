using OrleansWallet.Ledger;
using OrleansWallet.Storage.Partitions;

namespace OrleansWallet.Partitions.Ids;

/// <summary>What an index works with.</summary>
/// <param name="Partition">The partition's number.</param>
/// <param name="Kind">What it maps ids to.</param>
/// <param name="Pages">Where its runs lie.</param>
/// <param name="RecentIdsMax">How many ids a replay keeps in memory before it writes them to a run.</param>
/// <param name="FilterBytesMax">How many bytes of filters are held in memory.</param>
/// <param name="RecentIdsExpected">How many ids come between two snapshots, about.</param>
internal sealed record IdIndexSettings(
    int Partition, IdIndexKind Kind, IPartitionIndex Pages, int RecentIdsMax, int FilterBytesMax,
    int RecentIdsExpected)
{
    /// <summary>How many bytes the filter of a run of so many ids has; 0 where one could never be held.</summary>
    public int FilterBytesFor(long ids)
    {
        if (Kind != IdIndexKind.Claims || ids * IdFilter.BytesPerId > FilterBytesMax) return 0;
        var bytes = IdFilter.BytesFor(ids);
        return bytes <= FilterBytesMax ? bytes : 0;
    }
}
