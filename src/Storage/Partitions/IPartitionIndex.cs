namespace OrleansWallet.Storage.Partitions;

/// <summary>
/// The indexes of the ledger's partitions, as runs of pages that never change once they are complete. What the pages
/// say is the caller's. All of it can be made anew from the journal.
/// </summary>
/// <remarks>
/// A snapshot names the runs it needs. When one is completed, the runs of its partition that neither of the two kept
/// snapshots names and that are older than both are deleted. What a newer activation has made and not named yet stays;
/// should a run ever be gone that someone needs, reading it says so, and a new activation begins from the newest
/// snapshot.
/// </remarks>
public interface IPartitionIndex
{
    /// <summary>
    /// Writes a run in bounded portions; at the end it is durable and complete. One portion is written at a time on
    /// each server, others wait. What is left of one that was not completed goes with a later snapshot.
    /// </summary>
    /// <param name="partition">The partition's number.</param>
    /// <param name="run">The run's id, new.</param>
    /// <param name="sequence">The journal's batch it is made at; 0 before the first.</param>
    /// <param name="pages">Its pages from number 0 on, each in memory of its own.</param>
    /// <param name="header">Called after the last page: what the run's row says of it.</param>
    /// <param name="cancel">Ends the writing between two portions.</param>
    /// <exception cref="PartitionIndexDamagedException">It was deleted meanwhile: another activation works.</exception>
    /// <exception cref="StateUnavailableException">The database failed; the run is of no use.</exception>
    Task WriteRunAsync(
        int partition, Guid run, long sequence, IAsyncEnumerable<byte[]> pages, Func<byte[]> header,
        CancellationToken cancel = default);

    /// <summary>The headers of some runs of a partition, in the order they are named.</summary>
    /// <exception cref="PartitionIndexDamagedException">One is gone, or was never completed.</exception>
    /// <exception cref="StateUnavailableException">The database can't be read now.</exception>
    Task<byte[][]> ReadHeadersAsync(int partition, IReadOnlyList<Guid> runs, CancellationToken cancel = default);

    /// <summary>
    /// Pages of some runs of a partition, in the order they are named, by as few queries as the limits allow.
    /// </summary>
    /// <exception cref="PartitionIndexDamagedException">One is missing.</exception>
    /// <exception cref="StateUnavailableException">The database can't be read now.</exception>
    Task<byte[][]> ReadPagesAsync(
        int partition, IReadOnlyList<IndexPageKey> pages, CancellationToken cancel = default);

    /// <summary>
    /// Deletes all snapshots of a partition, as what they name is damaged: the next activation replays from the first
    /// event, and makes the index anew.
    /// </summary>
    /// <exception cref="StateUnavailableException">The database failed; asking again is harmless.</exception>
    Task DistrustAsync(int partition, CancellationToken cancel = default);
}
