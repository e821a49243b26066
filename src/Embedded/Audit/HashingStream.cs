using System.Security.Cryptography;

namespace OrleansWallet.Embedded.Audit;

/// <summary>A stream that keeps nothing of what is written to it but its length and SHA-256.</summary>
internal sealed class HashingStream : Stream
{
    private const int BufferBytes = 1 << 16;

    private readonly byte[] buffer = new byte[BufferBytes];
    private readonly IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
    private int filled;

    /// <summary>Bytes written.</summary>
    public long Count { get; private set; }

    public override bool CanRead => false;

    public override bool CanSeek => false;

    public override bool CanWrite => true;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => Count;
        set => throw new NotSupportedException();
    }

    /// <summary>SHA-256 of all that was written.</summary>
    public byte[] Finish()
    {
        Flush();
        return hash.GetHashAndReset();
    }

    public override void Write(ReadOnlySpan<byte> source)
    {
        Count += source.Length;
        if (source.Length > BufferBytes - filled) Flush();
        if (source.Length > BufferBytes)
        {
            hash.AppendData(source);
            return;
        }
        source.CopyTo(buffer.AsSpan(filled));
        filled += source.Length;
    }

    public override void WriteByte(byte value) => Write([value]);

    public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

    public override void Flush()
    {
        hash.AppendData(buffer, 0, filled);
        filled = 0;
    }

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        if (disposing) hash.Dispose();
        base.Dispose(disposing);
    }
}
