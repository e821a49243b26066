namespace OrleansWallet.Embedded.Storage;

/// <summary>
/// A large file written in the background. It is synced every few megabytes, so that the disk never has much of it to
/// write at once while the journal waits for its own sync.
/// </summary>
/// <param name="file">The file.</param>
/// <param name="willBeRead">Whether what is written will be read soon; if not, it leaves the system's cache.</param>
internal sealed class PacedFile(IStorageFile file, bool willBeRead) : IStorageFile
{
    private const long BytesPerSync = 2L << 20;
    private long unsynced;
    private long end;

    public long Length => file.Length;

    public void Write(ReadOnlySpan<byte> bytes, long offset)
    {
        while (bytes.Length > 0)
        {
            var part = bytes[..(int)Math.Min(bytes.Length, BytesPerSync - unsynced)];
            file.Write(part, offset);
            bytes = bytes[part.Length..];
            offset += part.Length;
            unsynced += part.Length;
            end = offset;
            if (unsynced == BytesPerSync) Sync();
        }
    }

    public int Read(Span<byte> bytes, long offset) => file.Read(bytes, offset);

    public void Sync()
    {
        file.Sync();
        if (!willBeRead) file.Forget(Math.Max(0, end - unsynced), unsynced);
        unsynced = 0;
    }

    public void Truncate(long length) => file.Truncate(length);

    public void Forget(long offset, long length) => file.Forget(offset, length);

    public void Dispose() => file.Dispose();
}
