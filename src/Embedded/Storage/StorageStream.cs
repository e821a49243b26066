using System.Security.Cryptography;

namespace OrleansWallet.Embedded.Storage;

/// <summary>A file from an offset on as a stream, either read or written, that hashes what goes through.</summary>
internal sealed class StorageStream(IStorageFile file, long offset, bool writing) : Stream
{
    private const int BufferBytes = 1 << 18;

    private readonly byte[] buffer = new byte[BufferBytes];
    private readonly IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
    private int filled;
    private int used;

    /// <summary>Bytes that went through.</summary>
    public long Count { get; private set; }

    public override bool CanRead => !writing;

    public override bool CanWrite => writing;

    public override bool CanSeek => false;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => Count;
        set => throw new NotSupportedException();
    }

    /// <summary>Writes what is buffered, and gives SHA-256 of all bytes that went through.</summary>
    public byte[] Finish()
    {
        if (writing) Flush();
        else hash.AppendData(buffer, 0, used);
        return hash.GetHashAndReset();
    }

    public override int Read(Span<byte> destination)
    {
        if (used == filled)
        {
            // Hashed a buffer at a time: the reader takes a few bytes, and many times.
            hash.AppendData(buffer, 0, used);
            filled = file.Read(buffer, offset);
            offset += filled;
            used = 0;
        }
        var count = Math.Min(destination.Length, filled - used);
        buffer.AsSpan(used, count).CopyTo(destination);
        used += count;
        Count += count;
        return count;
    }

    public override int ReadByte()
    {
        if (used == filled)
        {
            Span<byte> one = stackalloc byte[1];
            return Read(one) == 0 ? -1 : one[0];
        }
        Count++;
        return buffer[used++];
    }

    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    public override void Write(ReadOnlySpan<byte> source)
    {
        Count += source.Length;
        while (source.Length > 0)
        {
            var count = Math.Min(source.Length, BufferBytes - filled);
            source[..count].CopyTo(buffer.AsSpan(filled));
            filled += count;
            source = source[count..];
            if (filled == BufferBytes) Flush();
        }
    }

    public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

    public override void Flush()
    {
        if (!writing) return;
        hash.AppendData(buffer, 0, filled);
        file.Write(buffer.AsSpan(0, filled), offset);
        offset += filled;
        filled = 0;
    }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        if (disposing) hash.Dispose();
        base.Dispose(disposing);
    }
}
