namespace OrleansWallet.Embedded.Index;

/// <summary>Goes through a file's entries in order, a quarter of a megabyte at a time, and merges several.</summary>
internal sealed class RunCursor(IndexRun run)
{
    private const int PagesAhead = 64;

    private readonly byte[] buffer = new byte[PagesAhead * IndexRun.PageBytes];
    private int pagesRead;
    private int pagesInBuffer;
    private int pageInBuffer = -1;
    private int count;
    private int next;
    private long entriesRead;

    /// <summary>The entry at hand.</summary>
    public IdEntry Entry { get; private set; }

    /// <summary>Goes to the next entry. False at the end.</summary>
    /// <exception cref="InvalidDataException">The file is damaged, out of order, or short of ids.</exception>
    public bool MoveNext()
    {
        if (next == count && !MoveToNextPage())
        {
            if (entriesRead == run.Count) return false;
            throw new InvalidDataException($"{run.FilePath} has {entriesRead} ids, and {run.Count} in its header.");
        }
        var entry = IndexRun.EntryOf(buffer.AsSpan(pageInBuffer * IndexRun.PageBytes), next++);
        // What is merged is looked up by order: one entry out of it would be in the new file and never be found.
        if (entry.Hash < Entry.Hash)
            throw new InvalidDataException($"{run.FilePath} is out of order after its first {entriesRead} ids.");
        Entry = entry;
        entriesRead++;
        return true;
    }

    private bool MoveToNextPage()
    {
        if (++pageInBuffer == pagesInBuffer)
        {
            pagesInBuffer = Math.Min(PagesAhead, run.Pages - pagesRead);
            if (pagesInBuffer == 0) return false;
            run.ReadPages(pagesRead, buffer.AsSpan(0, pagesInBuffer * IndexRun.PageBytes));
            pagesRead += pagesInBuffer;
            pageInBuffer = 0;
        }
        var page = buffer.AsSpan(pageInBuffer * IndexRun.PageBytes);
        count = run.CheckPage(pagesRead - pagesInBuffer + pageInBuffer, page);
        next = 0;
        return true;
    }

    /// <summary>Hands over the entries of all files in the order of their hashes.</summary>
    public static void Merge(IEnumerable<IndexRun> runs, Action<IdEntry> add, CancellationToken stop)
    {
        var cursors = runs.Select(run => new RunCursor(run)).Where(cursor => cursor.MoveNext()).ToList();
        while (cursors.Count > 0)
        {
            stop.ThrowIfCancellationRequested();
            var first = cursors[0];
            for (var i = 1; i < cursors.Count; i++)
                if (cursors[i].Entry.Hash < first.Entry.Hash) first = cursors[i];
            add(first.Entry);
            if (!first.MoveNext()) cursors.Remove(first);
        }
    }
}
