using System.Runtime.Intrinsics;
using OrleansWallet.Ledger;
using OrleansWallet.Storage.Partitions;

namespace OrleansWallet.Partitions.Ids;

/// <summary>A run of the index: ids in the order of their hashes, in pages that the hash's upper bits number.</summary>
internal sealed class IdRun(IdRunHeader header, IdFilter? filter)
{
    private const int FilterPagesAhead = 256;

    public IdRunHeader Header => header;

    public Guid Id => header.Run;

    /// <summary>The filter; null where it has none, or the budget has no room for it.</summary>
    public IdFilter? Filter => filter;

    /// <summary>Which page has the ids of a hash.</summary>
    public IndexPageKey PageOf(ulong hash) => new(header.Run, header.PageOf(hash));

    /// <summary>Whether an id of a hash may be in it; <paramref name="mask"/> is the filters' for that hash.</summary>
    public bool MayContain(ulong hash, Vector256<uint> mask) => filter?.MayContain(hash, mask) != false;

    /// <summary>
    /// The runs, in their order, with those filters that a budget has room for. Of a small run a filter saves as many
    /// questions as of a large one, and the smallest have the newest ids: so they keep theirs first.
    /// </summary>
    public static IdRun[] WithinBudget(IReadOnlyList<IdRun> runs, long bytesMax)
    {
        var kept = new HashSet<Guid>();
        foreach (var run in SmallestFirst(runs))
        {
            if (run.Filter is not { } held || held.Bytes.Length > bytesMax) continue;
            bytesMax -= held.Bytes.Length;
            kept.Add(run.Id);
        }
        return [.. runs.Select(run => run.Filter is null || kept.Contains(run.Id) ? run : new IdRun(run.Header, null))];
    }

    /// <summary>Loads runs, with those filters that the budget has room for.</summary>
    /// <exception cref="PartitionIndexDamagedException">One is gone, or damaged.</exception>
    public static async Task<IdRun[]> LoadAsync(
        IdIndexSettings settings, IdIndexManifest manifest, CancellationToken cancel)
    {
        var stored = await settings.Pages.ReadHeadersAsync(settings.Partition, manifest.Runs, cancel)
            .ConfigureAwait(false);
        IdRun[] runs =
        [
            .. manifest.Runs.Zip(stored, (run, bytes) => new IdRun(
                IdRunHeader.Read(bytes, settings.Partition, run, manifest.Kind, manifest.Key), null)),
        ];
        var filters = new Dictionary<Guid, IdFilter>();
        var left = settings.FilterBytesMax;
        foreach (var header in SmallestFirst(runs).Select(run => run.Header))
        {
            if (header.FilterBytes == 0 || header.FilterBytes > left) continue;
            filters.Add(header.Run, await LoadFilterAsync(settings, header, cancel).ConfigureAwait(false));
            left -= header.FilterBytes;
        }
        return [.. runs.Select(run => new IdRun(run.Header, filters.GetValueOrDefault(run.Id)))];
    }

    private static IEnumerable<IdRun> SmallestFirst(IEnumerable<IdRun> runs) =>
        runs.OrderBy(run => run.Header.Count).ThenByDescending(run => run.Header.Sequence);

    private static async Task<IdFilter> LoadFilterAsync(
        IdIndexSettings settings, IdRunHeader header, CancellationToken cancel)
    {
        var bytes = new byte[header.FilterBytes];
        var filled = 0;
        foreach (var portion in Enumerable.Range(header.Pages, header.FilterPages).Chunk(FilterPagesAhead))
        {
            var keys = Array.ConvertAll(portion, page => new IndexPageKey(header.Run, page));
            var pages = await settings.Pages.ReadPagesAsync(settings.Partition, keys, cancel).ConfigureAwait(false);
            for (var i = 0; i < pages.Length; i++)
            {
                var content = IdRunPage.ContentOf(pages[i], settings.Partition, keys[i]);
                if (content.Length != Math.Min(IdRunHeader.FilterPageBytes, bytes.Length - filled))
                    throw IdRunPage.Damaged(settings.Partition, keys[i]);
                content.CopyTo(bytes.AsSpan(filled));
                filled += content.Length;
            }
        }
        return new IdFilter(bytes);
    }
}
