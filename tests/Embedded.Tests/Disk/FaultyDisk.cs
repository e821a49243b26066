using System.Security.Cryptography;
using System.Text;

namespace OrleansWallet.Embedded.Tests.Disk;

/// <summary>
/// A file system in memory that knows of every file and every name what is durable and what is not yet. It outlives
/// the engines that use it (through <see cref="FaultyStorage"/>), one after the other.
/// </summary>
internal sealed class FaultyDisk
{
    private readonly object gate = new();
    private readonly Dictionary<int, FaultyFile> files = [];
    private readonly List<DiskOperation> unsyncedNames = [];
    private readonly List<DiskOperation> log = [];
    private Dictionary<string, int> names = [];
    private Dictionary<string, int> durableNames = [];
    private readonly HashSet<string> directories = [""];
    private int nextNumber;

    /// <summary>All changes so far, in order.</summary>
    public IReadOnlyList<DiskOperation> Log
    {
        get
        {
            lock (gate) return [.. log];
        }
    }

    /// <summary>How many changes so far.</summary>
    public int LogLength
    {
        get
        {
            lock (gate) return log.Count;
        }
    }

    /// <summary>The paths of all files.</summary>
    public IReadOnlyList<string> Paths
    {
        get
        {
            lock (gate) return [.. names.Keys.Order(StringComparer.Ordinal)];
        }
    }

    /// <summary>A file by its present name.</summary>
    public FaultyFile this[string path]
    {
        get
        {
            lock (gate) return files[names[path]];
        }
    }

    /// <summary>Makes a file that is there and durable, whoever made it.</summary>
    public void Plant(string path, byte[] content)
    {
        lock (gate)
        {
            directories.Add(DiskOperation.DirectoryOf(path));
            var file = new FaultyFile(nextNumber++);
            file.Replace(content);
            files[file.Number] = file;
            names[path] = file.Number;
            durableNames[path] = file.Number;
        }
    }

    /// <summary>Takes a file away for good.</summary>
    public void Lose(string path)
    {
        lock (gate)
        {
            names.Remove(path);
            durableNames.Remove(path);
        }
    }

    /// <summary>The names directly in a directory.</summary>
    public IReadOnlyList<string> List(string directory)
    {
        lock (gate)
        {
            var found = names.Keys.Where(path => DiskOperation.DirectoryOf(path) == directory)
                .Select(path => path[(directory.Length == 0 ? 0 : directory.Length + 1)..]);
            if (directory.Length == 0) found = found.Concat(directories.Where(name => name.Length > 0));
            return [.. found.Order(StringComparer.Ordinal)];
        }
    }

    /// <summary>Makes a number for a file that is about to be created.</summary>
    public int TakeNumber()
    {
        lock (gate) return nextNumber++;
    }

    public FaultyFile Find(string path)
    {
        lock (gate)
            return names.TryGetValue(path, out var number) ? files[number]
                : throw new FileNotFoundException($"There is no file {path}.");
    }

    public T Locked<T>(Func<T> read)
    {
        lock (gate) return read();
    }

    /// <summary>Carries a change out, or of a write only the first bytes.</summary>
    public void Apply(DiskOperation change, int bytesMax = int.MaxValue)
    {
        lock (gate)
        {
            log.Add(change);
            ApplyLocked(change, bytesMax);
        }
    }

    /// <summary>Lets a sync fail: what it was for is lost, though readers still see it.</summary>
    public void DropDirtyPages(int fileNumber)
    {
        lock (gate) files[fileNumber].DropDirtyPages();
    }

    /// <summary>The disk as it is found after a crash now.</summary>
    public FaultyDisk AfterCrash(CrashChoice choice)
    {
        lock (gate)
        {
            var after = new FaultyDisk { nextNumber = nextNumber };
            after.names = new Dictionary<string, int>(durableNames);
            foreach (var change in unsyncedNames)
                if (choice.KeepsName(change)) Rename(after.names, change);
            after.durableNames = new Dictionary<string, int>(after.names);
            after.directories.UnionWith(directories);
            foreach (var number in after.names.Values) after.files[number] = files[number].AfterCrash(choice);
            return after;
        }
    }

    /// <summary>The same disk once more, with all that is not durable on it.</summary>
    public FaultyDisk Clone()
    {
        lock (gate)
        {
            var clone = new FaultyDisk { nextNumber = nextNumber };
            clone.names = new Dictionary<string, int>(names);
            clone.durableNames = new Dictionary<string, int>(durableNames);
            clone.unsyncedNames.AddRange(unsyncedNames);
            clone.directories.UnionWith(directories);
            foreach (var (number, file) in files) clone.files[number] = file.Clone();
            return clone;
        }
    }

    /// <summary>A hash of all names and contents; of the chosen ones where a choice is given.</summary>
    public string Fingerprint(Func<string, bool>? chosen = null)
    {
        lock (gate)
        {
            using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
            foreach (var (path, number) in names.OrderBy(pair => pair.Key, StringComparer.Ordinal))
            {
                if (chosen?.Invoke(path) == false) continue;
                hash.AppendData(Encoding.ASCII.GetBytes($"{path}\n{files[number].Content.Length}\n"));
                hash.AppendData(files[number].Content);
            }
            return Convert.ToHexString(hash.GetHashAndReset());
        }
    }

    private void ApplyLocked(DiskOperation change, int bytesMax)
    {
        switch (change.Kind)
        {
            case DiskOperationKind.CreateDirectory:
                directories.Add(change.Path);
                break;
            case DiskOperationKind.Create:
                files[change.FileNumber] = new FaultyFile(change.FileNumber);
                nextNumber = Math.Max(nextNumber, change.FileNumber + 1);
                Rename(names, change);
                unsyncedNames.Add(change);
                break;
            case DiskOperationKind.Rename:
                var moved = change with { FileNumber = names[change.Path] };
                Rename(names, moved);
                unsyncedNames.Add(moved);
                break;
            case DiskOperationKind.Delete:
                Rename(names, change);
                unsyncedNames.Add(change);
                break;
            case DiskOperationKind.SyncDirectory:
                foreach (var synced in unsyncedNames.Where(name => name.Directory == change.Path))
                    Rename(durableNames, synced);
                unsyncedNames.RemoveAll(name => name.Directory == change.Path);
                break;
            case DiskOperationKind.Write:
                var bytes = change.Bytes.AsSpan();
                files[change.FileNumber].Write(bytes[..Math.Min(bytesMax, bytes.Length)], change.Offset);
                break;
            case DiskOperationKind.Truncate:
                files[change.FileNumber].Truncate(change.Offset);
                break;
            case DiskOperationKind.Sync:
                files[change.FileNumber].Sync();
                break;
            default:
                throw new System.Diagnostics.UnreachableException();
        }
    }

    private static void Rename(Dictionary<string, int> names, DiskOperation change)
    {
        if (change.Kind != DiskOperationKind.Create) names.Remove(change.Path);
        if (change.Kind == DiskOperationKind.Create) names[change.Path] = change.FileNumber;
        if (change.Kind == DiskOperationKind.Rename) names[change.To] = change.FileNumber;
    }
}
