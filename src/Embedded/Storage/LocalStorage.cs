using System.Buffers;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace OrleansWallet.Embedded.Storage;

/// <summary>A directory of the local file system, locked for this process.</summary>
internal sealed partial class LocalStorage : IStorage
{
    private const string LockName = "lock";
    private const int ProcessIdBytesMax = 16;
    private static readonly SearchValues<byte> ProcessIdBytes = SearchValues.Create("0123456789\n"u8);

    private readonly FileStream? lockFile;

    private LocalStorage(string root, FileStream? lockFile)
    {
        Root = root;
        this.lockFile = lockFile;
    }

    public string Root { get; }

    /// <summary>
    /// Opens a directory for this process alone, and makes it if it isn't there. Before anything is put into one that
    /// is there, <paramref name="look"/> may refuse it by an exception: it may be somebody else's.
    /// </summary>
    /// <exception cref="DataDirectoryException">It can't be made, written or locked.</exception>
    public static LocalStorage OpenExclusive(string directory, Action<IStorage>? look = null)
    {
        var root = Path.GetFullPath(directory);
        try
        {
            if (Directory.Exists(root)) look?.Invoke(new LocalStorage(root, lockFile: null));
            CreateDurably(root);
            return new LocalStorage(root, Lock(root));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new DataDirectoryException(
                $"The data directory {root} can't be used: {e.Message} Choose another with --Wallet:DataDirectory, or "
                + "give this user the right to write there.", e);
        }
    }

    /// <summary>Opens a directory to read only, beside a process that may be writing to it.</summary>
    /// <exception cref="DataDirectoryException">It isn't there.</exception>
    public static LocalStorage OpenReadOnly(string directory)
    {
        var root = Path.GetFullPath(directory);
        return Directory.Exists(root)
            ? new LocalStorage(root, lockFile: null)
            : throw new DataDirectoryException($"There is no directory {root}.");
    }

    public IReadOnlyList<string> List(string directory)
    {
        var path = PathOf(directory);
        if (!Directory.Exists(path)) return [];
        return [.. Directory.EnumerateFileSystemEntries(path).Select(entry => Path.GetFileName(entry))
            .Where(name => directory.Length > 0 || name != LockName).Order(StringComparer.Ordinal)];
    }

    public void CreateDirectory(string directory)
    {
        Directory.CreateDirectory(PathOf(directory));
        SyncDirectory("");
    }

    public IStorageFile Create(string path) => new LocalFile(File.OpenHandle(
        PathOf(path), FileMode.Create, FileAccess.ReadWrite, FileShare.ReadWrite | FileShare.Delete));

    public IStorageFile Open(string path, bool write) => new LocalFile(File.OpenHandle(
        PathOf(path), FileMode.Open, write ? FileAccess.ReadWrite : FileAccess.Read,
        FileShare.ReadWrite | FileShare.Delete));

    public void Rename(string from, string to) => File.Move(PathOf(from), PathOf(to), overwrite: true);

    public void Delete(string path) => File.Delete(PathOf(path));

    public void SyncDirectory(string directory) => SyncPath(PathOf(directory));

    public void Dispose() => lockFile?.Dispose();

    private string PathOf(string path) => Path.Combine(Root, path);

    // A new directory is as durable as its name in the one above it, up to one that was there before.
    private static void CreateDurably(string path)
    {
        if (Directory.Exists(path)) return;
        var above = Path.GetDirectoryName(path);
        if (above is not null) CreateDurably(above);
        Directory.CreateDirectory(path);
        if (above is not null) SyncPath(above);
    }

    private static void SyncPath(string path)
    {
        // Windows makes renames durable with the file; it has no way to sync a directory.
        if (OperatingSystem.IsWindows()) return;
        var descriptor = Libc.Open(path, Libc.ReadOnly);
        if (descriptor < 0) throw Libc.LastError($"open {path}");
        try
        {
            if (Libc.FSync(descriptor) != 0) throw Libc.LastError($"fsync {path}");
        }
        finally
        {
            _ = Libc.Close(descriptor);
        }
    }

    private static FileStream Lock(string root)
    {
        var path = Path.Combine(root, LockName);
        try
        {
            // The system lets go of the lock when the process ends, however it ends.
            var file = new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
            if (!TryWriteProcessId(file))
            {
                file.Dispose();
                throw new DataDirectoryException(
                    $"{path} is not the file that a wallet's data directory has there. Choose another directory with "
                    + "--Wallet:DataDirectory, or move the file away.");
            }
            return file;
        }
        catch (IOException e) when (IsHeldElsewhere(e))
        {
            throw new DataDirectoryException(
                $"The data directory {root} is in use by another process (it holds {path}). Stop that one, or choose "
                + "another directory with --Wallet:DataDirectory.", e);
        }
    }

    // A lock file has the number of a process in it, or nothing. What has anything else in it is somebody else's.
    private static bool TryWriteProcessId(FileStream file)
    {
        var content = new byte[ProcessIdBytesMax];
        var length = file.ReadAtLeast(content, content.Length, throwOnEndOfStream: false);
        if (length == content.Length || content.AsSpan(0, length).ContainsAnyExcept(ProcessIdBytes)) return false;
        file.SetLength(0);
        file.Write(System.Text.Encoding.ASCII.GetBytes($"{Environment.ProcessId}\n"));
        file.Flush();
        return true;
    }

    // .NET reports a lock held elsewhere as EWOULDBLOCK (11 on Linux, 35 on macOS) or as Windows' sharing violation.
    private static bool IsHeldElsewhere(IOException e) => (e.HResult & 0xFFFF) is 11 or 35 or 32;

    private sealed class LocalFile(SafeFileHandle handle) : IStorageFile
    {
        private bool failed;

        public long Length => RandomAccess.GetLength(handle);

        public void Write(ReadOnlySpan<byte> bytes, long offset) => RandomAccess.Write(handle, bytes, offset);

        public int Read(Span<byte> bytes, long offset)
        {
            var done = 0;
            while (done < bytes.Length)
            {
                var read = RandomAccess.Read(handle, bytes[done..], offset + done);
                if (read == 0) break;
                done += read;
            }
            return done;
        }

        public void Sync()
        {
            if (failed) throw new IOException("An earlier sync of this file failed.");
            failed = true;
            if (OperatingSystem.IsLinux())
            {
                // fdatasync leaves out the time stamps, which nobody needs; the length it does write.
                if (Libc.FDataSync(handle) != 0) throw Libc.LastError("fdatasync");
            }
            else
            {
                RandomAccess.FlushToDisk(handle);
            }
            failed = false;
        }

        public void Truncate(long length) => RandomAccess.SetLength(handle, length);

        public void Forget(long offset, long length)
        {
            if (OperatingSystem.IsLinux()) _ = Libc.Advise(handle, offset, length, Libc.AdviceDontNeed);
        }

        public void Dispose() => handle.Dispose();
    }

    private static partial class Libc
    {
        internal const int ReadOnly = 0;

        [LibraryImport("libc", EntryPoint = "fdatasync", SetLastError = true)]
        internal static partial int FDataSync(SafeFileHandle file);

        internal const int AdviceDontNeed = 4;

        [LibraryImport("libc", EntryPoint = "posix_fadvise")]
        internal static partial int Advise(SafeFileHandle file, long offset, long length, int advice);

        [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
        internal static partial int Open(string path, int flags);

        [LibraryImport("libc", EntryPoint = "fsync", SetLastError = true)]
        internal static partial int FSync(int descriptor);

        [LibraryImport("libc", EntryPoint = "close")]
        internal static partial int Close(int descriptor);

        internal static IOException LastError(string call) =>
            new($"{call} failed: {Marshal.GetPInvokeErrorMessage(Marshal.GetLastPInvokeError())}");
    }
}
