using System.Security.Cryptography;

namespace OrleansWallet.Storage.Partitions;

/// <summary>Chunks as one stream, hashed on the way. It ends where a chunk is missing.</summary>
/// <param name="chunks">How many there are.</param>
/// <param name="read">Gives the chunk of a number, from 0; null where it is missing.</param>
internal sealed class SnapshotChunkReader(int chunks, Func<int, byte[]?> read) : Stream
{
    private readonly IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
    private byte[] chunk = [];
    private int used;
    private int next;
    private long length;

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => false;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => length;
        set => throw new NotSupportedException();
    }

    /// <summary>Reads what is left, and answers whether the whole is of that length and hash.</summary>
    public bool EndsAs(long imageBytes, ChainHash imageHash)
    {
        used = chunk.Length;
        while (TryNext()) used = chunk.Length;
        return length == imageBytes && new ChainHash(hash.GetHashAndReset()) == imageHash;
    }

    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    public override int Read(Span<byte> buffer)
    {
        if (used == chunk.Length && !TryNext()) return 0;
        var some = chunk.AsSpan(used, Math.Min(buffer.Length, chunk.Length - used));
        some.CopyTo(buffer);
        used += some.Length;
        return some.Length;
    }

    public override void Flush()
    {
        // There is nothing to flush.
    }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        if (disposing) hash.Dispose();
        base.Dispose(disposing);
    }

    private bool TryNext()
    {
        if (next == chunks || read(next) is not { } found) return false;
        next++;
        chunk = found;
        used = 0;
        length += found.Length;
        hash.AppendData(found);
        return true;
    }
}
