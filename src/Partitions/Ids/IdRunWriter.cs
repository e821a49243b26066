using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using OrleansWallet.Ledger;
using OrleansWallet.Storage;
using OrleansWallet.Storage.Partitions;

namespace OrleansWallet.Partitions.Ids;

/// <summary>Makes one run of several sources, in bounded memory.</summary>
/// <param name="settings">What the index works with.</param>
/// <param name="sources">The sources; no id is in two of them.</param>
/// <param name="header">The run's header: its id, key, sequence, and how many ids the sources have.</param>
internal sealed class IdRunWriter(IdIndexSettings settings, IReadOnlyList<IIdSource> sources, IdRunHeader header)
{
    private readonly byte[] filter = new byte[settings.FilterBytesFor(header.Count)];
    private readonly List<IdEntry> content = [];

    /// <summary>Writes the run; at the end it is complete.</summary>
    /// <exception cref="PartitionIndexDamagedException">A source is damaged or gone.</exception>
    /// <exception cref="StateUnavailableException">The database failed.</exception>
    public async Task<IdRun> WriteAsync(CancellationToken cancel)
    {
        (header.Kind, header.PageBits) = (settings.Kind, IdRunHeader.PageBitsFor(header.Count));
        header.FilterBytes = filter.Length;
        await settings.Pages.WriteRunAsync(
            settings.Partition, header.Run, header.Sequence, PagesAsync(cancel),
            () => header.ToBytes(settings.Partition), cancel).ConfigureAwait(false);
        return new IdRun(header, filter.Length == 0 ? null : new IdFilter(filter));
    }

    private async IAsyncEnumerable<byte[]> PagesAsync([EnumeratorCancellation] CancellationToken cancel)
    {
        var live = new List<IIdSource>(sources.Count);
        foreach (var source in sources)
            if (await source.MoveNextAsync(cancel).ConfigureAwait(false)) live.Add(source);
        var known = filter.Length == 0 ? null : new IdFilter(filter);
        var (page, written) = (0, 0L);
        while (live.Count > 0)
        {
            var first = FirstOf(live);
            for (var wanted = header.PageOf(first.Hash); page < wanted; page++) yield return Seal(page);
            content.Add(first.Entry);
            known?.Add(first.Hash);
            written++;
            if (!await first.MoveNextAsync(cancel).ConfigureAwait(false)) live.Remove(first);
        }
        for (; page < header.Pages; page++) yield return Seal(page);
        if (written != header.Count)
            throw new InvalidOperationException($"A run of {header.Count} transaction ids came to {written}.");
        for (var begin = 0; begin < filter.Length; begin += IdRunHeader.FilterPageBytes)
        {
            var length = Math.Min(IdRunHeader.FilterPageBytes, filter.Length - begin);
            yield return IdRunPage.Seal(new IndexPageKey(header.Run, page++), filter.AsSpan(begin, length));
        }
    }

    private static IIdSource FirstOf(List<IIdSource> live)
    {
        var first = live[0];
        for (var i = 1; i < live.Count; i++)
            if (live[i].Hash < first.Hash) first = live[i];
        return first;
    }

    private byte[] Seal(int page)
    {
        var sealedPage = IdRunPage.Seal(
            new IndexPageKey(header.Run, page), MemoryMarshal.AsBytes(CollectionsMarshal.AsSpan(content)));
        content.Clear();
        return sealedPage;
    }
}
