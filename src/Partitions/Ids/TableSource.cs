using OrleansWallet.Ledger;

namespace OrleansWallet.Partitions.Ids;

/// <summary>The ids of a table that was set aside.</summary>
internal sealed class TableSource(RecentIds table, IdHash hasher) : IIdSource
{
    private readonly IEnumerator<IdEntry> entries = table.Sorted().GetEnumerator();

    public IdEntry Entry { get; private set; }

    public ulong Hash { get; private set; }

    public ValueTask<bool> MoveNextAsync(CancellationToken cancel)
    {
        if (!entries.MoveNext()) return ValueTask.FromResult(false);
        Entry = entries.Current;
        Hash = hasher.Of(Entry.Id);
        return ValueTask.FromResult(true);
    }
}
