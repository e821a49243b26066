using OrleansWallet.Storage.Partitions;

namespace OrleansWallet.Partitions.Tests.Support;

/// <summary>The runs of indexes in memory, which a test may look into and damage.</summary>
internal sealed class MemoryIndex : IPartitionIndex
{
    /// <summary>All pages, of complete runs and others.</summary>
    public Dictionary<IndexPageKey, byte[]> Pages { get; } = [];

    /// <summary>The headers of complete runs.</summary>
    public Dictionary<Guid, byte[]> Headers { get; } = [];

    /// <summary>How many pages may still be written before writing fails.</summary>
    public int PagesLeft { get; set; } = int.MaxValue;

    /// <summary>How many pages were read.</summary>
    public int PagesRead { get; private set; }

    /// <summary>The most pages that one call asked for.</summary>
    public int PagesAskedMost { get; private set; }

    public async Task WriteRunAsync(
        int partition, Guid run, long sequence, IAsyncEnumerable<byte[]> pages, Func<byte[]> header,
        CancellationToken cancel = default)
    {
        var number = 0;
        await foreach (var page in pages.WithCancellation(cancel))
        {
            if (PagesLeft-- == 0) throw new Storage.StateUnavailableException("The database is away.");
            Pages.Add(new IndexPageKey(run, number++), page);
        }
        Headers.Add(run, header());
    }

    public Task<byte[][]> ReadHeadersAsync(
        int partition, IReadOnlyList<Guid> runs, CancellationToken cancel = default) =>
        Task.FromResult(runs.Select(run => Headers.TryGetValue(run, out var header)
            ? header
            : throw new PartitionIndexDamagedException(partition, run, "is gone", isGone: true)).ToArray());

    public Task<byte[][]> ReadPagesAsync(
        int partition, IReadOnlyList<IndexPageKey> pages, CancellationToken cancel = default)
    {
        PagesRead += pages.Count;
        PagesAskedMost = Math.Max(PagesAskedMost, pages.Count);
        return Task.FromResult(pages.Select(key => Pages.TryGetValue(key, out var page)
            ? page
            : throw new PartitionIndexDamagedException(partition, key.Run, "is missing a page")).ToArray());
    }

    public Task DistrustAsync(int partition, CancellationToken cancel = default) => Task.CompletedTask;
}
