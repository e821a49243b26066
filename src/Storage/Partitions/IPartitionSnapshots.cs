namespace OrleansWallet.Storage.Partitions;

/// <summary>
/// The snapshots of the ledger's partitions: their states at points of their journals, so that an activation need not
/// replay from the first event. They only save time. The newest two of each partition are kept.
/// </summary>
public interface IPartitionSnapshots
{
    /// <summary>
    /// Writes a snapshot in chunks, on a thread of its own, and makes it visible when it is complete; then deletes all
    /// but the newest two, and what is left of the index that those don't name. One is written at a time on each
    /// server, others wait.
    /// </summary>
    /// <param name="point">The point it was taken at, whose batch is durable.</param>
    /// <param name="runs">The complete runs of <see cref="IPartitionIndex"/> that it needs.</param>
    /// <param name="writeImage">Writes the state to the stream it is given.</param>
    /// <param name="cancel">Ends the writing between two chunks.</param>
    /// <exception cref="PartitionFencedException">The journal has no such point: another activation wrote.</exception>
    /// <exception cref="PartitionIndexDamagedException">A run is gone: another activation works.</exception>
    /// <exception cref="StateUnavailableException">The database failed; the snapshot may be there.</exception>
    Task WriteSnapshotAsync(
        PartitionPoint point, IReadOnlyCollection<Guid> runs, Action<Stream> writeImage,
        CancellationToken cancel = default);

    /// <summary>
    /// Reads the newest snapshot of a partition that is whole, on a thread of its own; null where there is none. What
    /// is damaged is passed over, and told of.
    /// </summary>
    /// <param name="partition">The partition's number.</param>
    /// <param name="readImage">
    /// Makes the state from the image. What it throws is taken for damage if the image's checksum is wrong, and thrown
    /// on if it is right.
    /// </param>
    /// <param name="notice">Told what was passed over, a line each.</param>
    /// <param name="cancel">Ends the reading between two chunks.</param>
    /// <exception cref="StateUnavailableException">The database can't be read now.</exception>
    Task<PartitionSnapshot<TState>?> ReadNewestSnapshotAsync<TState>(
        int partition, Func<Stream, TState> readImage, Action<string> notice, CancellationToken cancel = default);
}
