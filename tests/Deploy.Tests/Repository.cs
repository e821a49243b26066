namespace OrleansWallet.Deploy.Tests;

/// <summary>The files of the repository that the tests run in.</summary>
internal static class Repository
{
    private static readonly string Root = FindRoot();

    /// <summary>The full path of a file or folder, given from the repository's root.</summary>
    public static string PathOf(string path) => Path.GetFullPath(Path.Combine(Root, path));

    /// <summary>A full path as it is from the repository's root.</summary>
    public static string NameOf(string path) => Path.GetRelativePath(Root, path).Replace('\\', '/');

    /// <summary>Whether there is such a file or folder.</summary>
    public static bool Has(string path) => Path.Exists(PathOf(path));

    /// <summary>A file's text.</summary>
    public static string Read(string path) => File.ReadAllText(PathOf(path));

    /// <summary>The files of a folder and all below it, without what a build leaves.</summary>
    public static IEnumerable<string> Files(string folder, string pattern) =>
        Directory.EnumerateFiles(PathOf(folder), pattern, SearchOption.AllDirectories).Select(NameOf)
            .Where(file => !file.Contains("/bin/", StringComparison.Ordinal)
                && !file.Contains("/obj/", StringComparison.Ordinal))
            .Order(StringComparer.Ordinal);

    private static string FindRoot()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "OrleansWallet.sln")))
            folder = folder.Parent;
        return folder?.FullName ?? throw new DirectoryNotFoundException("The tests run outside of the repository.");
    }
}
