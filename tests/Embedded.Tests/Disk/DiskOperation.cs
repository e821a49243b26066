namespace OrleansWallet.Embedded.Tests.Disk;

/// <summary>What can be asked of a disk.</summary>
internal enum DiskOperationKind
{
    CreateDirectory,
    Create,
    Write,
    Truncate,
    Sync,
    Rename,
    Delete,
    SyncDirectory,
    Open,
    Read,
    List,
}

/// <summary>
/// One thing asked of a disk. Those that change something are written down, so that a run can be played again up to
/// any point.
/// </summary>
/// <param name="Kind">What.</param>
/// <param name="Path">The file or directory by the name it had then.</param>
/// <param name="FileNumber">The file whatever its name; -1 where there is none.</param>
/// <param name="Offset">Where in the file; for a truncation the new length.</param>
/// <param name="Bytes">What was written.</param>
/// <param name="To">The new name.</param>
internal sealed record DiskOperation(
    DiskOperationKind Kind, string Path, int FileNumber = -1, long Offset = 0, byte[]? Bytes = null, string To = "")
{
    public bool Changes => Kind < DiskOperationKind.Open;

    /// <summary>The directory the path is in.</summary>
    public string Directory => DirectoryOf(Path);

    public static string DirectoryOf(string path) =>
        path.LastIndexOf('/') is var slash and >= 0 ? path[..slash] : "";

    public override string ToString() => Kind switch
    {
        DiskOperationKind.Write => $"write of {Bytes?.Length} bytes to {Path} at {Offset}",
        DiskOperationKind.Truncate => $"truncation of {Path} to {Offset}",
        DiskOperationKind.Rename => $"rename of {Path} to {To}",
        _ => $"{Kind} {Path}",
    };
}
