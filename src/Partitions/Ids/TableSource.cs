namespace OrleansWallet.Partitions.Ids;

/// <summary>The ids of a table that was set aside.</summary>
internal sealed class TableSource(RecentIds table) : IIdSource
{
    private readonly RecentIds.Sweep sweep = table.Sorted();

    public IdEntry Entry => sweep.Entry;

    public ulong Hash => sweep.Hash;

    public ValueTask<bool> MoveNextAsync(CancellationToken cancel) => ValueTask.FromResult(sweep.MoveNext());
}
