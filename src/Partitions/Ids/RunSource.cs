using OrleansWallet.Ledger;
using OrleansWallet.Storage.Partitions;

namespace OrleansWallet.Partitions.Ids;

/// <summary>The ids of a run, read some pages at a time.</summary>
internal sealed class RunSource(IdIndexSettings settings, IdRunHeader header, IdHash hasher) : IIdSource
{
    private const int PagesAhead = 64;

    private byte[][] pages = [];
    private int firstPage;
    private int page = -1;
    private int next;
    private int count;
    private long read;

    public IdEntry Entry { get; private set; }

    public ulong Hash { get; private set; }

    /// <inheritdoc/>
    /// <exception cref="PartitionIndexDamagedException">The run is damaged, out of order, or short of ids.</exception>
    public async ValueTask<bool> MoveNextAsync(CancellationToken cancel)
    {
        while (next == count)
        {
            if (++page == pages.Length && !await ReadSomeAsync(cancel).ConfigureAwait(false))
            {
                page--;
                return read == header.Count ? false : throw new PartitionIndexDamagedException(
                    settings.Partition, header.Run, $"has {read} ids, and {header.Count} in its header");
            }
            (next, count) = (0, IdRunPage.EntriesOf(pages[page], settings.Partition, KeyOf(page)).Length);
        }
        var hash = Take();
        // What is merged is looked up by order: one entry out of it would be in the new run and never be found.
        if (hash < Hash || header.PageOf(hash) != firstPage + page)
            throw IdRunPage.Damaged(settings.Partition, KeyOf(page));
        Hash = hash;
        return true;
    }

    private IndexPageKey KeyOf(int inPortion) => new(header.Run, firstPage + inPortion);

    private ulong Take()
    {
        Entry = IdRunPage.EntryOf(pages[page], next++);
        read++;
        return hasher.Of(Entry.Id);
    }

    private async ValueTask<bool> ReadSomeAsync(CancellationToken cancel)
    {
        var first = firstPage + pages.Length;
        if (first == header.Pages) return false;
        var keys = new IndexPageKey[Math.Min(PagesAhead, header.Pages - first)];
        for (var i = 0; i < keys.Length; i++) keys[i] = new IndexPageKey(header.Run, first + i);
        pages = await settings.Pages.ReadPagesAsync(settings.Partition, keys, cancel).ConfigureAwait(false);
        (firstPage, page) = (first, 0);
        return true;
    }
}
