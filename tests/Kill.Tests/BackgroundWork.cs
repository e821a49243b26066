namespace OrleansWallet.Kill.Tests;

/// <summary>
/// What a data directory shows of the work that goes on beside the transfers: segments begun, snapshots written, index
/// files merged. A test of kills that came before any of it would test little.
/// </summary>
internal sealed class BackgroundWork(string dataDirectory)
{
    // Four files of 8,192 ids, 16 bytes each and more: only a merge makes a larger file than two of them.
    private const long MergedBytesMin = 2 * 8192 * 16;

    private readonly HashSet<string> segments = [];
    private readonly HashSet<string> snapshots = [];
    private readonly HashSet<string> merged = [];

    /// <summary>Whether all of it happened, and more than once where a start or an end might have done it.</summary>
    public bool IsEverything => segments.Count > 3 && snapshots.Count > 2 && merged.Count > 0;

    /// <summary>Looks at the directory as it is now.</summary>
    public void Look()
    {
        segments.UnionWith(Names("journal", "*.journal"));
        snapshots.UnionWith(Names("snapshots", "*.snapshot"));
        merged.UnionWith(Names("index", "*.run", MergedBytesMin));
    }

    public override string ToString() =>
        $"{segments.Count} segments, {snapshots.Count} snapshots, {merged.Count} merged index files";

    private IEnumerable<string> Names(string directory, string pattern, long bytesMin = 0) =>
        new DirectoryInfo(Path.Combine(dataDirectory, directory)).EnumerateFiles(pattern)
            .Where(file => file.Length >= bytesMin).Select(file => file.Name);
}
