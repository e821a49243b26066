using OrleansWallet.Embedded.Journal;
using OrleansWallet.Embedded.Storage;

namespace OrleansWallet.Embedded.Index;

/// <summary>
/// The index's files and the tables waiting to become such. Tables are flushed on one thread and files merged on
/// another; each publishes a new list, and the manifest on disk always names the list that was published last.
/// </summary>
internal sealed class IndexRuns : IDisposable
{
    private const int RunsMergedAtOnce = 4;

    private readonly IStorage storage;
    private readonly Guid ledgerId;
    private readonly long filterBytesMax;
    private readonly int recentMax;
    private readonly object gate = new();
    private readonly Queue<RecentIds> cleared = [];
    private readonly System.Collections.Concurrent.ConcurrentQueue<IndexRun> retired = [];
    private IndexManifest manifest;
    private Published published;
    private long nextRunId;
    private Exception? failure;

    private IndexRuns(
        IStorage storage, Guid ledgerId, EmbeddedOptions options, IndexManifest manifest, IndexRun[] runs)
    {
        this.storage = storage;
        this.ledgerId = ledgerId;
        this.manifest = manifest;
        filterBytesMax = options.TransactionFilterBytesMax;
        recentMax = options.RecentTransactionsMax;
        nextRunId = manifest.NextRunId;
        published = new Published(runs, 0);
    }

    /// <summary>The files there are, and how many tables were flushed since the start.</summary>
    internal sealed record Published(IndexRun[] Runs, long Flushes);

    public Published Current => Volatile.Read(ref published);

    public Guid HashKey => manifest.HashKey;

    /// <summary>Every id recorded before this point is in the files.</summary>
    public JournalPoint Covered => Volatile.Read(ref manifest).Covered;

    /// <summary>Makes the index of a new ledger, or in place of a damaged one.</summary>
    public static void Create(IStorage storage, Guid ledgerId)
    {
        storage.CreateDirectory(IndexRun.Directory);
        IndexManifest.Distrust(storage);
        foreach (var name in storage.List(IndexRun.Directory).Where(
            name => IndexRun.IsFileName(SealedFile.FinalNameOf(name) ?? name)))
            storage.Delete(SealedFile.Join(IndexRun.Directory, name));
        new IndexManifest(Guid.NewGuid(), 1, JournalPoint.Origin, []).Write(storage, ledgerId);
    }

    /// <summary>
    /// Opens the index, and deletes the files that it doesn't name: a merge or a flush that was cut short left them.
    /// </summary>
    /// <exception cref="InvalidDataException">Some of it is missing or damaged.</exception>
    public static IndexRuns Open(IStorage storage, Guid ledgerId, EmbeddedOptions options, NoticeSink notice)
    {
        var manifest = IndexManifest.Read(storage, ledgerId)
            ?? throw new InvalidDataException("The index has no manifest.");
        var runs = new List<IndexRun>();
        try
        {
            var budget = options.TransactionFilterBytesMax;
            foreach (var id in manifest.RunIds.OrderDescending())
            {
                runs.Add(IndexRun.Open(storage, ledgerId, id, budget));
                budget -= runs[^1].Filter?.Bytes.Length ?? 0;
            }
        }
        catch (Exception e) when (e is IOException or InvalidDataException)
        {
            runs.ForEach(run => run.Dispose());
            throw new InvalidDataException(e.Message, e);
        }
        var known = manifest.RunIds.Select(IndexRun.FileName).ToHashSet();
        foreach (var name in storage.List(IndexRun.Directory).Where(IndexRun.IsFileName).Except(known))
        {
            storage.Delete(SealedFile.Join(IndexRun.Directory, name));
            notice(
                NoticeLevel.Information, "Deleted the index file "
                + $"{Path.Combine(storage.Root, IndexRun.Directory, name)}, which an earlier run did not come to use.");
        }
        runs.Reverse();
        return new IndexRuns(storage, ledgerId, options, manifest, [.. runs]);
    }

    /// <summary>Writes a table that was set aside; then every id before the point is in files.</summary>
    public void Flush(RecentIds table, JournalPoint covered)
    {
        var id = Interlocked.Increment(ref nextRunId) - 1;
        using (var writer = new IndexRunWriter(storage, ledgerId, id, table.Count))
        {
            table.Sweep(writer.Add);
            writer.Complete();
        }
        lock (gate) PublishWith(id, published.Runs, covered, published.Flushes + 1);
    }

    /// <summary>Makes one file of four of a size. False where there are no four.</summary>
    public bool MergeOnce(CancellationToken stop)
    {
        var group = Current.Runs.GroupBy(SizeClass).Where(g => g.Count() >= RunsMergedAtOnce)
            .OrderBy(g => g.Key).FirstOrDefault();
        if (group is null) return false;
        var merged = group.OrderBy(run => run.Id).Take(RunsMergedAtOnce).ToArray();
        var id = Interlocked.Increment(ref nextRunId) - 1;
        var ids = merged.Sum(run => run.Count);
        using (var writer = new IndexRunWriter(storage, ledgerId, id, ids))
        {
            RunCursor.Merge(merged, writer.Add, stop);
            if (writer.Count != ids)
                throw new InvalidDataException($"A merge of {ids} transaction ids came to {writer.Count}.");
            writer.Complete();
        }
        lock (gate)
        {
            IndexRun[] others = [.. published.Runs.Except(merged)];
            PublishWith(id, others, manifest.Covered, published.Flushes);
        }
        // The ledger's thread may still read them: their names go now, their handles when it has moved on.
        foreach (var run in merged) retired.Enqueue(run);
        foreach (var run in merged) storage.Delete(SealedFile.Join(IndexRun.Directory, IndexRun.FileName(run.Id)));
        return true;
    }

    /// <summary>Takes the files that were merged and are in no list that is published after this.</summary>
    public List<IndexRun> TakeRetired()
    {
        var taken = new List<IndexRun>();
        while (retired.TryDequeue(out var run)) taken.Add(run);
        return taken;
    }

    /// <summary>Waits until something else than that is published.</summary>
    /// <exception cref="IOException">Nothing more will be: writing the index failed.</exception>
    public void WaitForNewsAfter(Published seen)
    {
        lock (gate)
        {
            while (ReferenceEquals(published, seen))
            {
                if (failure is not null) throw new IOException("The index can't be written.", failure);
                Monitor.Wait(gate);
            }
        }
    }

    /// <summary>Says that nothing more will be published.</summary>
    public void Fail(Exception cause)
    {
        lock (gate)
        {
            failure = cause;
            Monitor.PulseAll(gate);
        }
    }

    /// <summary>
    /// Sees to it that the next start makes the index anew. Nothing is published after it. Where the disk refuses that
    /// too, the operator is told what to do.
    /// </summary>
    public void TryDistrust(Action<string> notice)
    {
        lock (gate)
        {
            failure ??= new InvalidDataException("The index is damaged.");
            try
            {
                IndexManifest.Distrust(storage);
            }
            catch (Exception e)
            {
                // This is asked for where the wallet stops already, and its callers wait to be let go.
                notice(
                    "The index of transaction ids is damaged and could not be marked as such. Delete "
                    + $"{Path.Combine(storage.Root, IndexRun.Directory, IndexManifest.Name)} before the next start, "
                    + $"which then makes it anew: {e.Message}");
            }
        }
    }

    /// <summary>Takes an empty table, waiting for one to be cleared.</summary>
    public RecentIds TakeCleared()
    {
        lock (gate)
        {
            while (cleared.Count == 0) Monitor.Wait(gate);
            return cleared.Dequeue();
        }
    }

    /// <summary>Has a table cleared, all of its memory written, on another thread: it takes milliseconds.</summary>
    public void GiveBack(Func<RecentIds> table) => ThreadPool.UnsafeQueueUserWorkItem(take =>
    {
        var empty = take();
        empty.Clear();
        lock (gate)
        {
            cleared.Enqueue(empty);
            Monitor.PulseAll(gate);
        }
    }, table, preferLocal: false);

    public void Dispose()
    {
        foreach (var run in Current.Runs.Concat(TakeRetired())) run.Dispose();
    }

    // Files of 1 to 4 tables' size are of class 0, of 4 to 16 of class 1, and so on.
    private int SizeClass(IndexRun run)
    {
        var sizeClass = 0;
        for (var ids = run.Count / recentMax; ids >= RunsMergedAtOnce; ids /= RunsMergedAtOnce) sizeClass++;
        return sizeClass;
    }

    private IndexRun OpenRun(long id, IEnumerable<IndexRun> others)
    {
        var taken = others.Sum(run => run.Filter?.Bytes.Length ?? 0L);
        // The newest ids are asked for most: the oldest files lose their filters first.
        var run = IndexRun.Open(storage, ledgerId, id, filterBytesMax);
        taken += run.Filter?.Bytes.Length ?? 0;
        foreach (var old in others.Append(run).OrderBy(r => r.Id))
        {
            if (taken <= filterBytesMax) break;
            taken -= old.Filter?.Bytes.Length ?? 0;
            old.DropFilter();
        }
        return run;
    }

    private void PublishWith(long id, IndexRun[] others, JournalPoint covered, long flushes)
    {
        if (failure is not null) throw new IOException("The index is not written any more.", failure);
        var run = OpenRun(id, others);
        try
        {
            Publish([.. others, run], covered, flushes);
        }
        catch
        {
            run.Dispose();
            throw;
        }
    }

    private void Publish(IndexRun[] runs, JournalPoint covered, long flushes)
    {
        manifest = new IndexManifest(
            manifest.HashKey, Interlocked.Read(ref nextRunId), covered, [.. runs.Select(run => run.Id)]);
        manifest.Write(storage, ledgerId);
        Volatile.Write(ref published, new Published(runs, flushes));
        Monitor.PulseAll(gate);
    }
}
