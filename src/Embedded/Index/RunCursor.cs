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

    /// <summary>The entry at hand.</summary>
    public IdEntry Entry { get; private set; }

    /// <summary>Goes to the next entry. False at the end.</summary>
    public bool MoveNext()
    {
        if (next == count && !MoveToNextPage()) return false;
        Entry = IndexRun.EntryOf(buffer.AsSpan(pageInBuffer * IndexRun.PageBytes), next++);
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
