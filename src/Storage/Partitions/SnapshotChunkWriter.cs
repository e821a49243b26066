using System.Security.Cryptography;

namespace OrleansWallet.Storage.Partitions;

/// <summary>Cuts what is written to it into chunks, and hashes it on the way.</summary>
/// <param name="chunkBytes">How long a chunk is; the last may be shorter.</param>
/// <param name="write">Takes a chunk's number, from 0, and its bytes, which it may not keep.</param>
internal sealed class SnapshotChunkWriter(int chunkBytes, Action<int, ReadOnlyMemory<byte>> write) : Stream
{
    private readonly IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
    private readonly byte[] chunk = new byte[chunkBytes];
    private int filled;
    private long length;

    /// <summary>How many chunks were written.</summary>
    public int Chunks { get; private set; }

    public override bool CanRead => false;

    public override bool CanSeek => false;

    public override bool CanWrite => true;

    public override long Length => length;

    public override long Position
    {
        get => length;
        set => throw new NotSupportedException();
    }

    /// <summary>Writes the last chunk, and answers with the hash of all.</summary>
    public ChainHash Finish()
    {
        if (filled > 0) WriteChunk();
        return new ChainHash(hash.GetHashAndReset());
    }

    public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

    public override void Write(ReadOnlySpan<byte> buffer)
    {
        while (!buffer.IsEmpty)
        {
            var some = buffer[..Math.Min(buffer.Length, chunk.Length - filled)];
            some.CopyTo(chunk.AsSpan(filled));
            filled += some.Length;
            length += some.Length;
            buffer = buffer[some.Length..];
            if (filled == chunk.Length) WriteChunk();
        }
    }

    public override void WriteByte(byte value) => Write([value]);

    public override void Flush()
    {
        // A chunk goes when it is full.
    }

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        if (disposing) hash.Dispose();
        base.Dispose(disposing);
    }

    private void WriteChunk()
    {
        hash.AppendData(chunk, 0, filled);
        write(Chunks++, chunk.AsMemory(0, filled));
        filled = 0;
    }
}
