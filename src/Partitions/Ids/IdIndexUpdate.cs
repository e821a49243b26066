using OrleansWallet.Ledger;
using OrleansWallet.Storage;
using OrleansWallet.Storage.Partitions;

namespace OrleansWallet.Partitions.Ids;

/// <summary>
/// What an index becomes with a snapshot: the tables set aside are written as a run, and where there are enough runs
/// of one size, one is made of them. The index itself is as it was until it adopts the update.
/// </summary>
internal sealed class IdIndexUpdate
{
    /// <summary>How many runs of one size are made one.</summary>
    public const int RunsMerged = 8;

    // Runs of fewer ids are all of one size, as a page of each must be read for an id without a filter.
    private const long SmallRunIds = 65_536;

    private readonly IdIndexSettings settings;
    private readonly Guid key;
    private readonly IdHash hasher;
    private IdRun[]? written;

    internal IdIndexUpdate(IdIndexSettings settings, Guid key, RecentIds[] tables, IdRun[] runs)
    {
        (this.settings, this.key, Tables, Before) = (settings, key, tables, runs);
        hasher = new IdHash(key);
    }

    /// <summary>The tables whose ids are in <see cref="After"/>.</summary>
    internal RecentIds[] Tables { get; }

    /// <summary>The runs it was begun with.</summary>
    internal IdRun[] Before { get; }

    /// <summary>The runs that are written now.</summary>
    internal IdRun[] After => written ?? throw new InvalidOperationException("The update isn't written.");

    /// <summary>The runs that a snapshot must name.</summary>
    public IReadOnlyList<Guid> Runs => Array.ConvertAll(After, run => run.Id);

    /// <summary>What a snapshot's image has of the index.</summary>
    public IdIndexManifest Manifest => new(settings.Kind, key, Runs);

    /// <summary>
    /// Writes runs and merges them, once; not on the host's loop, which meanwhile uses the index. Where it fails, all
    /// stays as it was, and the next update does what this one should have done.
    /// </summary>
    /// <param name="sequence">The journal's batch before the point at which the index was set aside.</param>
    /// <param name="cancel">Ends it between two portions of pages.</param>
    /// <exception cref="PartitionIndexDamagedException">A run is damaged, or gone.</exception>
    /// <exception cref="StateUnavailableException">The database failed.</exception>
    public async Task WriteAsync(long sequence, CancellationToken cancel = default)
    {
        if (written is not null) throw new InvalidOperationException("The update is written.");
        var runs = Before.ToList();
        if (Tables.Length > 0)
        {
            runs.Add(await WriteAsync(
                [.. Tables.Select(table => new TableSource(table))], Tables.Sum(table => (long)table.Count),
                sequence, cancel).ConfigureAwait(false));
        }
        while (FindMergeable(runs) is { } merged)
        {
            runs.Add(await WriteAsync(
                [.. merged.Select(run => new RunSource(settings, run.Header, hasher))],
                merged.Sum(run => run.Header.Count), sequence, cancel).ConfigureAwait(false));
            runs.RemoveAll(merged.Contains);
        }
        var changed = Tables.Length > 0 || runs.Count != Before.Length;
        written = changed ? IdRun.WithinBudget(runs, settings.FilterBytesMax) : Before;
    }

    private static IdRun[]? FindMergeable(List<IdRun> runs) => runs.GroupBy(SizeClassOf)
        .Where(some => some.Count() >= RunsMerged).MinBy(some => some.Key)?.Take(RunsMerged).ToArray();

    // Eight runs of a size make one of a larger size, but of the smallest.
    private static int SizeClassOf(IdRun run)
    {
        var size = 0;
        for (var ids = run.Header.Count; ids >= SmallRunIds; ids /= RunsMerged) size++;
        return size;
    }

    private Task<IdRun> WriteAsync(IIdSource[] sources, long count, long sequence, CancellationToken cancel)
    {
        var header = new IdRunHeader { Run = Guid.NewGuid(), Key = key, Sequence = sequence, Count = count };
        return new IdRunWriter(settings, sources, header).WriteAsync(cancel);
    }
}
