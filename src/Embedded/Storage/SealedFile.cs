namespace OrleansWallet.Embedded.Storage;

/// <summary>Writes small files so that after a crash either the old or the new one is there, whole.</summary>
internal static class SealedFile
{
    /// <summary>Writes a file under a temporary name, makes it durable, and puts it in place.</summary>
    public static void Write(IStorage storage, string directory, string name, ReadOnlySpan<byte> content)
    {
        var temporary = Join(directory, name + TemporaryEnding);
        using (var file = storage.Create(temporary))
        {
            file.Write(content, 0);
            file.Sync();
        }
        storage.Rename(temporary, Join(directory, name));
        storage.SyncDirectory(directory);
    }

    /// <summary>
    /// What the names of unfinished files end in. One from an earlier run may be deleted if the rest is a name of
    /// ours.
    /// </summary>
    public const string TemporaryEnding = ".tmp";

    /// <summary>Reads a whole file; null if it isn't there.</summary>
    public static byte[]? Read(IStorage storage, string directory, string name)
    {
        if (!storage.List(directory).Contains(name)) return null;
        using var file = storage.Open(Join(directory, name), write: false);
        var content = new byte[file.Length];
        return content[..file.Read(content, 0)];
    }

    /// <summary>The name that a file written under this one is to get; null where it is no unfinished one.</summary>
    public static string? FinalNameOf(string name) =>
        name.EndsWith(TemporaryEnding, StringComparison.Ordinal) ? name[..^TemporaryEnding.Length] : null;

    /// <summary>A path of a file in a directory.</summary>
    public static string Join(string directory, string name) => directory.Length == 0 ? name : directory + "/" + name;
}
