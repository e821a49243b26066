using OrleansWallet.Embedded.Storage;
using OrleansWallet.Ledger;

namespace OrleansWallet.Embedded.Journal;

/// <summary>
/// The journal: segments of batches of records, only ever appended to. One thread appends; any thread reads what was
/// appended.
/// </summary>
internal sealed class JournalFiles : IDisposable
{
    public const string Directory = "journal";

    private const long ForgetBytesAtOnce = 8L << 20;

    private readonly IStorage storage;
    private readonly Guid ledgerId;
    private readonly long segmentBytesMax;
    private Segment[] segments;
    private SegmentHeader? newest;
    private long forgotten;

    private JournalFiles(
        IStorage storage, Guid ledgerId, long segmentBytesMax, Segment[] segments, SegmentHeader? newest)
    {
        this.newest = newest;
        this.storage = storage;
        this.ledgerId = ledgerId;
        this.segmentBytesMax = segmentBytesMax;
        this.segments = segments;
        forgotten = EndPlace;
    }

    public IReadOnlyList<Segment> Segments => Volatile.Read(ref segments);

    /// <summary>The place after the last byte appended.</summary>
    public long EndPlace => Segments[^1].EndPlace;

    /// <summary>Where a place is, for messages: the file and the offset in it.</summary>
    public string Locate(long place)
    {
        var segment = SegmentOf(Segments, place);
        var offset = SegmentHeader.Bytes + place - segment.Header.BasePlace;
        return $"{Path.Combine(storage.Root, Directory, segment.Header.FileName)}, offset {offset}";
    }

    /// <summary>The name of the first segment.</summary>
    public static string FirstName { get; } = new SegmentHeader(Guid.Empty, 0, 1, JournalPoint.Origin.Chain).FileName;

    /// <summary>The path of the first segment.</summary>
    public static string FirstPath { get; } = SealedFile.Join(Directory, FirstName);

    /// <summary>A path below the ledger's root as an operator knows it.</summary>
    public string PathOf(string path) => Path.Combine(storage.Root, path);

    /// <summary>Makes the first segment of a new ledger.</summary>
    public static void Create(IStorage storage, Guid ledgerId)
    {
        storage.CreateDirectory(Directory);
        var header = new SegmentHeader(ledgerId, 0, 1, JournalPoint.Origin.Chain);
        SealedFile.Write(storage, Directory, header.FileName, header.ToBytes());
        NewestSegment.Write(storage, header);
    }

    /// <summary>
    /// Opens all segments and checks that they follow each other without a gap, up to the newest that was recorded.
    /// </summary>
    /// <exception cref="DataDirectoryException">One is missing, damaged, newer, or another ledger's.</exception>
    public static JournalFiles Open(IStorage storage, Guid ledgerId, long segmentBytesMax, bool write)
    {
        // Before the names are listed: a wallet that runs meanwhile makes a segment before it records it.
        var newest = NewestSegment.Read(storage, ledgerId);
        var segments = new List<Segment>();
        try
        {
            foreach (var name in storage.List(Directory))
            {
                if (!SegmentHeader.IsFileName(name, out var basePlace)) continue;
                var expected = segments.Count == 0 ? 0 : segments[^1].EndPlace;
                if (basePlace != expected) throw Gap(storage, expected, name);
                segments.Add(OpenSegment(storage, ledgerId, name, write));
            }
            if (segments.Count == 0) throw Gap(storage, 0, next: null);
            if (newest is not null) NewestSegment.Check(storage, newest, segments);
            return new JournalFiles(storage, ledgerId, segmentBytesMax, [.. segments], newest);
        }
        catch
        {
            segments.ForEach(s => s.Dispose());
            throw;
        }
    }

    /// <summary>Appends a sealed batch that begins at <paramref name="before"/>; not durable before a sync.</summary>
    public void Append(ReadOnlySpan<byte> batch, JournalPoint before)
    {
        var current = segments[^1];
        if (current.EndPlace > current.Header.BasePlace
            && current.EndPlace - current.Header.BasePlace + batch.Length > segmentBytesMax)
            current = BeginSegment(before);
        current.Append(batch);
    }

    /// <summary>Makes durable what was appended. After a failure the journal must not be used again.</summary>
    public void Sync() => segments[^1].Sync();

    /// <summary>Lets the system's cache go of what is durable and further back than so many bytes.</summary>
    public void KeepInCache(long bytes)
    {
        // Not little by little: each time costs a call to the system.
        while (EndPlace - bytes - forgotten >= ForgetBytesAtOnce)
        {
            var segment = SegmentOf(segments, forgotten);
            var part = Math.Min(ForgetBytesAtOnce, segment.EndPlace - forgotten);
            segment.Forget(forgotten, part);
            forgotten += part;
        }
    }

    /// <summary>Whether it is recorded which segment is the newest; not in a ledger of an earlier program.</summary>
    public bool NewestIsKnown => newest is not null;

    /// <summary>
    /// Sees to it that the last segment is recorded as the newest. This comes before the first append: a crash may
    /// have come between the making of the segment and its being recorded.
    /// </summary>
    public void RecordNewest()
    {
        var last = segments[^1].Header;
        if (newest?.BasePlace == last.BasePlace) return;
        NewestSegment.Write(storage, last);
        newest = last;
    }

    /// <summary>Makes durable which files there are.</summary>
    public void SyncNames()
    {
        storage.SyncDirectory("");
        storage.SyncDirectory(Directory);
    }

    /// <summary>
    /// Writes what lies between two places at the journal's end once more and makes it durable. Where a sync failed,
    /// the system may still show what it never wrote, and count it as written: only a new write reaches the disk.
    /// </summary>
    public void WriteAgain(long place, long endPlace)
    {
        // What lies in a segment before the last was durable when the last was begun.
        var last = segments[^1];
        if (place < last.Header.BasePlace || place == endPlace) return;
        last.WriteAgain(place, endPlace);
        last.Sync();
    }

    /// <summary>Reads bytes from a place on, within one segment.</summary>
    public int Read(Span<byte> bytes, long place)
    {
        var all = Segments;
        return place < 0 || place >= all[^1].EndPlace ? 0 : SegmentOf(all, place).Read(bytes, place);
    }

    /// <summary>Reads the record at a place. False if there is none, or a damaged one.</summary>
    public bool TryReadRecord(long place, Span<byte> buffer, out ReadOnlySpan<byte> record)
    {
        var read = Read(buffer[..Records.LengthMax], place);
        return Records.TryRead(buffer[..read], out record);
    }

    /// <summary>Cuts off what follows a place in the last segment.</summary>
    public void CutTail(long place)
    {
        segments[^1].Truncate(place);
        segments[^1].Sync();
    }

    public void Dispose()
    {
        foreach (var segment in segments) segment.Dispose();
    }

    private Segment BeginSegment(JournalPoint at)
    {
        var header = new SegmentHeader(ledgerId, at.Place, at.NextSequence, at.Chain);
        SealedFile.Write(storage, Directory, header.FileName, header.ToBytes());
        var file = storage.Open(SealedFile.Join(Directory, header.FileName), write: true);
        var segment = new Segment(header, file, 0);
        Volatile.Write(ref segments, [.. segments, segment]);
        RecordNewest();
        return segment;
    }

    private static Segment OpenSegment(IStorage storage, Guid ledgerId, string name, bool write)
    {
        var path = SealedFile.Join(Directory, name);
        var file = storage.Open(path, write);
        Span<byte> bytes = stackalloc byte[SegmentHeader.Bytes];
        var header = SegmentHeader.Read(bytes[..file.Read(bytes, 0)], out var fault);
        if (header is not null && header.LedgerId != ledgerId) fault = $"it belongs to the ledger {header.LedgerId}";
        if (header is not null && header.FileName != name) fault = $"its name should be {header.FileName}";
        if (header is not null && fault is null)
            return new Segment(header, file, file.Length - SegmentHeader.Bytes);
        file.Dispose();
        throw new DataDirectoryException(
            $"{Path.Combine(storage.Root, path)} can't be used: {fault}. The journal was not changed; put the right "
            + "file back from a backup.");
    }

    private static DataDirectoryException Gap(IStorage storage, long expected, string? next)
    {
        var missing = new SegmentHeader(Guid.Empty, expected, 0, []).FileName;
        return new DataDirectoryException(
            $"The journal has a gap: {Path.Combine(storage.Root, Directory, missing)} is missing"
            + (next is null ? "" : $" or cut short before {next}")
            + ". The journal was not changed; put the file back from a backup.");
    }

    private static Segment SegmentOf(IReadOnlyList<Segment> all, long place)
    {
        var low = 0;
        var high = all.Count - 1;
        while (low < high)
        {
            var middle = (low + high + 1) / 2;
            if (all[middle].Header.BasePlace <= place) low = middle;
            else high = middle - 1;
        }
        return all[low];
    }
}
