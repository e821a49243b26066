using OrleansWallet.Embedded.Storage;

namespace OrleansWallet.Embedded.Journal;

/// <summary>One file of the journal.</summary>
internal sealed class Segment(SegmentHeader header, IStorageFile file, long length) : IDisposable
{
    // Bytes of batches: written by the journal's thread, read by any.
    private long length = length;

    public SegmentHeader Header => header;

    /// <summary>The place after its last byte.</summary>
    public long EndPlace => header.BasePlace + Volatile.Read(ref length);

    public void Append(ReadOnlySpan<byte> batch)
    {
        file.Write(batch, SegmentHeader.Bytes + length);
        Volatile.Write(ref length, length + batch.Length);
    }

    public void Sync() => file.Sync();

    /// <summary>Reads from a place on; fewer bytes than asked for only at the end.</summary>
    public int Read(Span<byte> bytes, long place)
    {
        var room = (int)Math.Min(bytes.Length, EndPlace - place);
        return file.Read(bytes[..room], SegmentHeader.Bytes + place - header.BasePlace);
    }

    public void Truncate(long endPlace)
    {
        file.Truncate(SegmentHeader.Bytes + endPlace - header.BasePlace);
        Volatile.Write(ref length, endPlace - header.BasePlace);
    }

    public void WriteAgain(long place, long endPlace)
    {
        var bytes = GC.AllocateUninitializedArray<byte>((int)(endPlace - place));
        var read = Read(bytes, place);
        file.Write(bytes.AsSpan(0, read), SegmentHeader.Bytes + place - header.BasePlace);
    }

    public void Forget(long place, long bytes) => file.Forget(SegmentHeader.Bytes + place - header.BasePlace, bytes);

    public void Dispose() => file.Dispose();
}
