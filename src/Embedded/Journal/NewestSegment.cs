using OrleansWallet.Embedded.Storage;

namespace OrleansWallet.Embedded.Journal;

/// <summary>
/// The small file that says which segment is the newest: a copy of that segment's header, durable before the first
/// batch is appended to it. Segments show a gap only before one that is there, so without this file a ledger that lost
/// its last segment would look like one that never had it, and what was answered would be gone without a word.
/// </summary>
/// <remarks>
/// It lies beside the journal and not in it: a copy of the journal that is made while the wallet runs may end before
/// the segment that this file names by then, and such a copy is a ledger as well.
/// </remarks>
internal static class NewestSegment
{
    public const string Name = "NEWEST";

    /// <summary>Records durably that this segment is the newest.</summary>
    public static void Write(IStorage storage, SegmentHeader header) =>
        SealedFile.Write(storage, "", Name, header.ToBytes());

    /// <summary>Reads the newest segment's header; null in a ledger that was made before there was this file.</summary>
    /// <exception cref="DataDirectoryException">It is damaged, newer, or another ledger's.</exception>
    public static SegmentHeader? Read(IStorage storage, Guid ledgerId)
    {
        if (SealedFile.Read(storage, "", Name) is not { } bytes) return null;
        var header = SegmentHeader.Read(bytes, out var fault);
        if (header is not null && bytes.Length > SegmentHeader.Bytes)
            fault = $"it has {bytes.Length} bytes, and should have {SegmentHeader.Bytes}";
        if (header is not null && header.LedgerId != ledgerId) fault = $"it belongs to the ledger {header.LedgerId}";
        if (header is not null && fault is null) return header;
        throw new DataDirectoryException(
            $"{Path.Combine(storage.Root, Name)} can't be used: {fault}. It names the journal's newest segment, so "
            + "without it nobody can tell whether segments are missing at the journal's end. The journal was not "
            + "changed; put the file back from a backup. Where you know that the last segment is there, delete the "
            + "file, and the next start makes it anew.");
    }

    /// <summary>Checks that the newest segment is among these, which are in order.</summary>
    /// <exception cref="DataDirectoryException">It is missing, or another than was recorded.</exception>
    public static void Check(IStorage storage, SegmentHeader newest, IEnumerable<Segment> segments)
    {
        var path = Path.Combine(storage.Root, JournalFiles.Directory, newest.FileName);
        // One that is newer than was recorded is no fault: a crash may have come before it was.
        if (segments.FirstOrDefault(segment => segment.Header.BasePlace >= newest.BasePlace) is not { } found)
            throw new DataDirectoryException(
                $"The journal's newest segment {path} is missing: it holds event {newest.FirstSequence} and those "
                + $"after it, as {Path.Combine(storage.Root, Name)} says. The journal was not changed; put the segment "
                + $"back from a backup. Where this is a copy that was made while the wallet ran, delete {Name}.");
        if (!found.Header.ToBytes().AsSpan().SequenceEqual(newest.ToBytes()))
            throw new DataDirectoryException(
                $"{path} does not begin as {Path.Combine(storage.Root, Name)} says: one of them is damaged, or of "
                + "another copy of this ledger. The journal was not changed; put both back from the same backup.");
    }
}
