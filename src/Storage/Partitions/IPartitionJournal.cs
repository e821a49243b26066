namespace OrleansWallet.Storage.Partitions;

/// <summary>
/// The journals of the ledger's partitions. Any number of partitions may append at once: what waits is committed
/// together, while a lone batch goes without delay.
/// </summary>
public interface IPartitionJournal
{
    /// <summary>Which ledger it is the journal of; every partition's hash chain begins with it.</summary>
    Guid LedgerId { get; }

    /// <summary>How many partitions the ledger has.</summary>
    int PartitionCount { get; }

    /// <summary>Partitions with the same number here lie on one server, so they can be appended to together.</summary>
    int ServerOf(int partition);

    /// <summary>
    /// Appends a sealed batch each to several partitions of one server, in one commit: all of them or none. Nothing
    /// else of these partitions may wait. A failure ends the activations of all. Else as <see cref="AppendAsync"/>.
    /// </summary>
    /// <exception cref="PartitionFencedException">Another activation of one has written; none of them was.</exception>
    /// <exception cref="StateUnavailableException">They aren't known to be written, or certainly aren't.</exception>
    /// <exception cref="ArgumentException">They are no sealed batches of one server's partitions.</exception>
    /// <exception cref="InvalidOperationException">One isn't the next of its activation.</exception>
    Task AppendTogetherAsync(IReadOnlyList<PartitionBytes> batches);

    /// <summary>
    /// Appends a sealed batch. When the task is done, the batch is durable, and so are all of the partition before it.
    /// Batches of one partition may be appended before the one before is done; they are written in order, and where one
    /// fails, all behind it fail. The bytes must not change meanwhile. Nothing takes a batch back once it waits.
    /// </summary>
    /// <remarks>
    /// The first batch is that of an activation. Any failure but an overload (which is thrown at once, before anything
    /// is queued, and leaves the sequence as it is) ends the activation in this process: what comes next must be a new
    /// activation, after the journal was read again. Only when that is written it is certain what became of a batch
    /// whose outcome is unknown: until then it could still arrive.
    /// </remarks>
    /// <exception cref="PartitionFencedException">Another activation has written; this batch was not.</exception>
    /// <exception cref="StateUnavailableException">
    /// It isn't known to be written; or too much waits, or the activation has ended, and it certainly isn't.
    /// </exception>
    /// <exception cref="ArgumentException">It is no sealed batch of that partition and sequence.</exception>
    /// <exception cref="InvalidOperationException">It isn't the next of the activation that has begun here.</exception>
    Task AppendAsync(int partition, long sequence, ReadOnlyMemory<byte> payload);

    /// <summary>
    /// All batches behind a point, in order, from the archive and the journal, in bounded portions. Each is
    /// checked: its number, checksum and hash chain, and that the batch before the point is the one it was taken at.
    /// </summary>
    /// <exception cref="PartitionDamagedException">One is missing or damaged; those before it were given.</exception>
    /// <exception cref="StateUnavailableException">The database can't be read now.</exception>
    IAsyncEnumerable<PartitionBatch> ReadAsync(PartitionPoint after, CancellationToken cancel = default);

    /// <summary>One batch, checked by its checksum; null where the journal doesn't have it.</summary>
    /// <exception cref="PartitionDamagedException">It is damaged.</exception>
    /// <exception cref="StateUnavailableException">The database can't be read now.</exception>
    Task<PartitionBatch?> FindAsync(int partition, long sequence, CancellationToken cancel = default);

    /// <summary>
    /// Moves a stretch of small old batches of a partition into one row of the archive: none of those that the older of
    /// its two snapshots doesn't include. Answers how many were moved; 0 where there is nothing to do now.
    /// </summary>
    /// <exception cref="PartitionDamagedException">A batch to be moved is damaged; nothing was moved.</exception>
    /// <exception cref="StateUnavailableException">The database failed; asking again is harmless.</exception>
    Task<int> ArchiveSomeAsync(int partition, CancellationToken cancel = default);
}

/// <summary>A sealed batch to be appended.</summary>
/// <param name="Partition">The partition's number.</param>
/// <param name="Sequence">The batch's number.</param>
/// <param name="Payload">Its bytes, header included; they don't change until it is appended.</param>
public readonly record struct PartitionBytes(int Partition, long Sequence, ReadOnlyMemory<byte> Payload);
