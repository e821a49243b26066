using OrleansWallet.Embedded.Storage;

namespace OrleansWallet.Embedded.Tests.Disk;

/// <summary>How one operation fails.</summary>
/// <param name="Message">What the error says.</param>
/// <param name="BytesDone">Of a write: how many bytes get there all the same.</param>
/// <param name="DropsDirtyPages">Of a sync: what was to be synced is never written.</param>
/// <param name="Lies">Of a sync: nothing is written and no error is given.</param>
internal sealed record Fault(
    string Message, int BytesDone = 0, bool DropsDirtyPages = false, bool Lies = false)
{
    public static Fault Error { get; } = new("Input/output error");
    public static Fault Full { get; } = new("No space left on device");
    public static Fault FailedSync { get; } = new("Input/output error", DropsDirtyPages: true);
    public static Fault LyingSync { get; } = new("", Lies: true);
}

/// <summary>Says of each operation beforehand how it fails; null lets it pass. It may also wait.</summary>
internal delegate Fault? FaultPlan(DiskOperation operation);

/// <summary>One engine's way to a <see cref="FaultyDisk"/>.</summary>
internal sealed class FaultyStorage(FaultyDisk disk, FaultPlan? plan = null) : IStorage
{
    private readonly FaultyDisk disk = disk;
    private readonly FaultPlan? plan = plan;
    private int openHandles;
    private int usesAfterFailedSync;

    public string Root => "/faulty";

    /// <summary>How many files are open.</summary>
    public int OpenHandles => Volatile.Read(ref openHandles);

    /// <summary>How often a file was written or synced again after a sync of it had failed.</summary>
    public int UsesAfterFailedSync => Volatile.Read(ref usesAfterFailedSync);

    public bool IsDisposed { get; private set; }

    /// <summary>Whether letting go of the directory fails, when all files are closed.</summary>
    public bool DisposeFails { get; init; }

    public IReadOnlyList<string> List(string directory)
    {
        Allow(new DiskOperation(DiskOperationKind.List, directory));
        return disk.List(directory);
    }

    public void CreateDirectory(string directory) =>
        Do(new DiskOperation(DiskOperationKind.CreateDirectory, directory));

    public IStorageFile Create(string path)
    {
        var operation = new DiskOperation(DiskOperationKind.Create, path, disk.TakeNumber());
        Do(operation);
        return new Handle(this, disk.Find(path), path, writable: true);
    }

    public IStorageFile Open(string path, bool write)
    {
        Allow(new DiskOperation(DiskOperationKind.Open, path));
        return new Handle(this, disk.Find(path), path, write);
    }

    public void Rename(string from, string to) => Do(new DiskOperation(DiskOperationKind.Rename, from, To: to));

    public void Delete(string path) => Do(new DiskOperation(DiskOperationKind.Delete, path));

    public void SyncDirectory(string directory) =>
        Do(new DiskOperation(DiskOperationKind.SyncDirectory, directory));

    public void Dispose()
    {
        IsDisposed = true;
        if (DisposeFails) throw new IOException("Input/output error");
    }

    private void Allow(DiskOperation operation)
    {
        ObjectDisposedException.ThrowIf(IsDisposed, this);
        if (plan?.Invoke(operation) is { Lies: false } fault) throw new IOException(fault.Message);
    }

    private void Do(DiskOperation operation)
    {
        Allow(operation);
        disk.Apply(operation);
    }

    private sealed class Handle : IStorageFile
    {
        private readonly FaultyStorage storage;
        private readonly FaultyFile file;
        private readonly string path;
        private readonly bool writable;
        private bool syncFailed;
        private int closed;

        public Handle(FaultyStorage storage, FaultyFile file, string path, bool writable)
        {
            this.storage = storage;
            this.file = file;
            this.path = path;
            this.writable = writable;
            Interlocked.Increment(ref storage.openHandles);
        }

        public long Length => storage.disk.Locked(() => file.Content.Length);

        public void Write(ReadOnlySpan<byte> bytes, long offset)
        {
            CheckUse(writing: true);
            var operation = new DiskOperation(DiskOperationKind.Write, path, file.Number, offset, bytes.ToArray());
            if (storage.plan?.Invoke(operation) is { } fault)
            {
                if (fault.BytesDone > 0) storage.disk.Apply(operation, fault.BytesDone);
                throw new IOException(fault.Message);
            }
            storage.disk.Apply(operation);
        }

        public int Read(Span<byte> bytes, long offset)
        {
            CheckUse(writing: false);
            storage.Allow(new DiskOperation(DiskOperationKind.Read, path, file.Number, offset));
            var content = storage.disk.Locked(() => file.Content);
            if (offset >= content.Length) return 0;
            var count = (int)Math.Min(bytes.Length, content.Length - offset);
            content.AsSpan((int)offset, count).CopyTo(bytes);
            return count;
        }

        public void Sync()
        {
            CheckUse(writing: true);
            var operation = new DiskOperation(DiskOperationKind.Sync, path, file.Number);
            if (storage.plan?.Invoke(operation) is { } fault)
            {
                if (fault.Lies) return;
                if (fault.DropsDirtyPages) storage.disk.DropDirtyPages(file.Number);
                syncFailed = true;
                throw new IOException(fault.Message);
            }
            storage.disk.Apply(operation);
        }

        public void Truncate(long length)
        {
            CheckUse(writing: true);
            storage.Do(new DiskOperation(DiskOperationKind.Truncate, path, file.Number, length));
        }

        public void Dispose()
        {
            if (Interlocked.Exchange(ref closed, 1) == 0) Interlocked.Decrement(ref storage.openHandles);
        }

        private void CheckUse(bool writing)
        {
            ObjectDisposedException.ThrowIf(Volatile.Read(ref closed) != 0, this);
            if (!writing) return;
            if (!writable) throw new UnauthorizedAccessException($"{path} is open to read only.");
            if (syncFailed) Interlocked.Increment(ref storage.usesAfterFailedSync);
        }
    }

}
