namespace OrleansWallet.Embedded.Index;

/// <summary>Goes through a file's entries in order, and merges several.</summary>
internal sealed class RunCursor(IndexRun run)
{
    private readonly byte[] buffer = new byte[IndexRun.PageBytes];
    private IdEntry[] entries = [];
    private int page;
    private int next;

    /// <summary>The entry at hand.</summary>
    public IdEntry Entry => entries[next];

    /// <summary>Goes to the next entry. False at the end.</summary>
    public bool MoveNext()
    {
        if (++next < entries.Length) return true;
        if (page == run.Pages) return false;
        entries = run.ReadPage(page++, buffer).ToArray();
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
