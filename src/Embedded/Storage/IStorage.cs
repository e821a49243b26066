namespace OrleansWallet.Embedded.Storage;

/// <summary>
/// The directory the engine keeps its files in; paths are relative to it, with forward slashes. The tests put one
/// under the engine that tears writes, loses flushes and fills up.
/// </summary>
internal interface IStorage : IDisposable
{
    /// <summary>Where it is, for messages.</summary>
    string Root { get; }

    /// <summary>The names of files and directories directly in a directory; none if it doesn't exist.</summary>
    IReadOnlyList<string> List(string directory);

    /// <summary>Makes a directory if it isn't there, and makes that durable.</summary>
    void CreateDirectory(string directory);

    /// <summary>Makes an empty file in place of any of that name, to write and read.</summary>
    IStorageFile Create(string path);

    /// <summary>Opens a file that is there, to read, or also to write.</summary>
    IStorageFile Open(string path, bool write);

    /// <summary>Puts a file in another's place, all or nothing; durable once the directory is synced.</summary>
    void Rename(string from, string to);

    /// <summary>Deletes a file.</summary>
    void Delete(string path);

    /// <summary>Makes durable which names a directory holds.</summary>
    void SyncDirectory(string directory);
}

/// <summary>A file. Reads may run beside writes and each other.</summary>
internal interface IStorageFile : IDisposable
{
    /// <summary>Bytes in it.</summary>
    long Length { get; }

    /// <summary>Writes all the bytes at that offset.</summary>
    void Write(ReadOnlySpan<byte> bytes, long offset);

    /// <summary>Reads up to as many bytes as there is room for; fewer only at the end of the file.</summary>
    int Read(Span<byte> bytes, long offset);

    /// <summary>
    /// Makes what was written durable, its length included. After a failure the file must not be used again: the
    /// system may have dropped the pages it could not write, and a second sync would say all is well.
    /// </summary>
    void Sync();

    /// <summary>Cuts the file to that length.</summary>
    void Truncate(long length);

    /// <summary>
    /// Tells the system that bytes, durable by now, will hardly be read soon: their memory may serve the next write.
    /// It may be ignored.
    /// </summary>
    void Forget(long offset, long length)
    {
    }
}
