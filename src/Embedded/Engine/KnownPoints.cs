using OrleansWallet.Embedded.Journal;

namespace OrleansWallet.Embedded.Engine;

/// <summary>
/// Points of the journal that something beside it was made at: a snapshot, the index, a segment's header. A scan that
/// passes one compares the hash chain there, so that none of them is ever used with another journal than its own.
/// </summary>
internal sealed class KnownPoints(JournalFiles journal)
{
    private readonly List<(JournalPoint Point, string KnownBy)> ahead = [];

    /// <summary>Adds a point, and what knows it: a path below the ledger's root.</summary>
    public void Add(JournalPoint point, string knownBy) => ahead.Add((point, knownBy));

    /// <summary>Begins a scan there: what is known of before it is not passed.</summary>
    public void Begin(JournalPoint at) => ahead.RemoveAll(known => known.Point.Place < at.Place);

    /// <summary>Compares what is known of this point of a scan.</summary>
    /// <exception cref="DataDirectoryException">It is another point than the one that is known.</exception>
    public void Pass(JournalPoint at)
    {
        for (var i = ahead.Count - 1; i >= 0; i--)
        {
            var (point, knownBy) = ahead[i];
            if (point.Place > at.Place) continue;
            ahead.RemoveAt(i);
            if (point.Place == at.Place && point.NextSequence == at.NextSequence
                && point.Chain.AsSpan().SequenceEqual(at.Chain))
                continue;
            throw new DataDirectoryException(
                $"{journal.PathOf(knownBy)} was made from another journal than this one: the hash chain that it knows "
                + $"of place {point.Place}, after event {point.NextSequence - 1}, is not the one at "
                + $"{journal.Locate(point.Place)}. The journal was not changed; put the whole directory back from a "
                + "backup.");
        }
    }

    /// <summary>Ends the scan where the journal ends.</summary>
    /// <exception cref="DataDirectoryException">A point behind it is known: recorded events are missing.</exception>
    public void Finish(JournalPoint end)
    {
        // The end is unfinished as far as the journal can tell, but something written later knows what was there.
        foreach (var (_, knownBy) in Enumerable.Reverse(ahead).Where(known => known.Point.Place > end.Place)
            .OrderByDescending(known => known.Point.Place).Take(1))
            throw new DataDirectoryException(
                $"The journal ends at {journal.Locate(end.Place)} (place {end.Place}), after event "
                + $"{end.NextSequence - 1}, but {journal.PathOf(knownBy)} knows of later ones: recorded events are "
                + "missing. The journal was not changed; put its last segment back from a backup.");
    }
}
