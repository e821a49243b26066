using OrleansWallet.Ledger;
using OrleansWallet.Storage;
using OrleansWallet.Storage.Partitions;

namespace OrleansWallet.Partitions.Ids;

/// <summary>
/// Values by transaction id, in bounded memory: the newest in a table, the older in runs of pages in the database,
/// with filters in memory. All of it can be made anew from the journal.
/// </summary>
/// <remarks>
/// One thread, the host's, finds, adds, sets aside and adopts. An <see cref="IdIndexUpdate"/> is written on another,
/// one at a time; answers are read on any.
/// </remarks>
internal sealed class IdIndex
{
    private readonly IdIndexSettings settings;
    private readonly Guid key;
    private readonly IdHash hasher;
    private readonly List<RecentIds> setAside = [];
    private RecentIds recent;
    private IdRun[] runs;
    // Whether there are ids elsewhere than in the newest table.
    private bool hasOlder;

    /// <summary>An index without ids.</summary>
    /// <param name="settings">What it works with.</param>
    /// <param name="key">A secret key, so that nobody can choose ids whose hashes collide.</param>
    public IdIndex(IdIndexSettings settings, Guid key)
        : this(settings, key, [])
    {
    }

    private IdIndex(IdIndexSettings settings, Guid key, IdRun[] runs)
    {
        (this.settings, this.key, this.runs) = (settings, key, runs);
        hasher = new IdHash(key);
        recent = NewTable();
        NoteOlder();
    }

    /// <summary>Takes up the index that a snapshot names, and loads its filters.</summary>
    /// <exception cref="PartitionIndexDamagedException">Some of it is gone or damaged.</exception>
    /// <exception cref="StateUnavailableException">The database can't be read now.</exception>
    public static async Task<IdIndex> OpenAsync(
        IdIndexSettings settings, IdIndexManifest manifest, CancellationToken cancel = default)
    {
        var runs = await IdRun.LoadAsync(settings, manifest, cancel).ConfigureAwait(false);
        return new IdIndex(settings, manifest.Key, runs);
    }

    /// <summary>Changes whenever ids go from memory to where only pages tell of them.</summary>
    public long Version { get; private set; }

    /// <summary>How many ids are in memory.</summary>
    public long RecentCount => recent.Count + setAside.Sum(table => (long)table.Count);

    /// <summary>Looks for an id in memory.</summary>
    public IdFinding Find(TransactionId id, out long value)
    {
        var hash = hasher.Of(id);
        if (recent.TryFind(hash, id, out value)) return IdFinding.Found;
        if (!hasOlder) return IdFinding.NotThere;
        foreach (var table in setAside)
            if (table.TryFind(hash, id, out value)) return IdFinding.Found;
        var mask = IdFilter.MaskOf(hash);
        foreach (var run in runs)
            if (run.MayContain(hash, mask)) return IdFinding.MustAsk;
        return IdFinding.NotThere;
    }

    /// <summary>Asks the processor to have what tells of an id at hand soon.</summary>
    public void Prefetch(TransactionId id)
    {
        var hash = hasher.Of(id);
        recent.Prefetch(hash);
        if (!hasOlder) return;
        foreach (var table in setAside) table.Prefetch(hash);
        foreach (var run in runs) run.Filter?.Prefetch(hash);
    }

    /// <summary>Adds an id that isn't in the index; the value is not below 0.</summary>
    public void Add(TransactionId id, long value) => recent.Add(hasher.Of(id), id, value);

    /// <summary>
    /// Asks the pages for ids that <see cref="Find"/> doesn't know of; called on the host's thread. What was in memory
    /// at that time is not in the answers.
    /// </summary>
    /// <exception cref="PartitionIndexDamagedException">A page is damaged, or gone.</exception>
    /// <exception cref="StateUnavailableException">The database can't be read now.</exception>
    public Task<IdAnswers> AskAsync(IReadOnlyList<TransactionId> ids, CancellationToken cancel = default)
    {
        var asking = new OrderedDictionary<IndexPageKey, List<int>>();
        for (var i = 0; i < ids.Count; i++)
        {
            var hash = hasher.Of(ids[i]);
            var mask = IdFilter.MaskOf(hash);
            foreach (var run in runs)
            {
                if (!run.MayContain(hash, mask)) continue;
                var page = run.PageOf(hash);
                if (asking.TryGetValue(page, out var others)) others.Add(i);
                else asking.Add(page, [i]);
            }
        }
        return AnswerAsync(ids, asking, Version, cancel);
    }

    /// <summary>
    /// Sets the table aside, which is searched on, and begins a new one. The update that is given has all ids up to
    /// here; the one before must have been adopted or have failed.
    /// </summary>
    public IdIndexUpdate SetAside()
    {
        if (recent.Count > 0)
        {
            setAside.Add(recent);
            recent = NewTable();
            NoteOlder();
        }
        return new IdIndexUpdate(settings, key, [.. setAside], runs);
    }

    /// <summary>Takes up an update that was written: its ids leave memory.</summary>
    /// <exception cref="InvalidOperationException">It isn't written, or another was adopted meanwhile.</exception>
    public void Adopt(IdIndexUpdate update)
    {
        if (!ReferenceEquals(update.Before, runs))
            throw new InvalidOperationException("Another update of the index was adopted meanwhile.");
        if (ReferenceEquals(update.After, runs)) return;
        runs = update.After;
        setAside.RemoveAll(update.Tables.Contains);
        foreach (var table in update.Tables) table.Release();
        Version++;
        NoteOlder();
    }

    private RecentIds NewTable() => new(hasher, settings.RecentIdsExpected);

    private void NoteOlder() => hasOlder = setAside.Count > 0 || runs.Length > 0;

    /// <summary>
    /// In a replay, after a batch: writes what is in memory to a run if it is as much as the limit.
    /// </summary>
    /// <param name="sequence">The number of the batch.</param>
    /// <param name="cancel">Ends it between two portions of pages.</param>
    /// <exception cref="PartitionIndexDamagedException">A run to be merged is damaged or gone.</exception>
    /// <exception cref="StateUnavailableException">The database failed.</exception>
    public async ValueTask WriteIfFullAsync(long sequence, CancellationToken cancel = default)
    {
        if (RecentCount < settings.RecentIdsMax) return;
        var update = SetAside();
        await update.WriteAsync(sequence, cancel).ConfigureAwait(false);
        Adopt(update);
    }

    private async Task<IdAnswers> AnswerAsync(
        IReadOnlyList<TransactionId> ids, OrderedDictionary<IndexPageKey, List<int>> asking, long version,
        CancellationToken cancel)
    {
        var values = new long?[ids.Count];
        if (asking.Count == 0) return new IdAnswers(version, values);
        var pages = await settings.Pages.ReadPagesAsync(settings.Partition, [.. asking.Keys], cancel)
            .ConfigureAwait(false);
        for (var i = 0; i < pages.Length; i++)
        {
            var (page, askers) = asking.GetAt(i);
            var entries = IdRunPage.EntriesOf(pages[i], settings.Partition, page);
            foreach (var asker in askers)
            {
                foreach (ref readonly var entry in entries)
                    if (entry.Id == ids[asker]) values[asker] = entry.Value;
            }
        }
        return new IdAnswers(version, values);
    }
}
