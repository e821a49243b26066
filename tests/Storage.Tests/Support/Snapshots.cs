using OrleansWallet.Storage.Partitions;

namespace OrleansWallet.Storage.Tests.Support;

internal static class Snapshots
{
    /// <summary>Writes a snapshot that needs no runs of an index.</summary>
    public static Task WriteSnapshotAsync(
        this IPartitionSnapshots snapshots, PartitionPoint point, Action<Stream> writeImage,
        CancellationToken cancel = default) =>
        snapshots.WriteSnapshotAsync(point, [], writeImage, cancel);
}
