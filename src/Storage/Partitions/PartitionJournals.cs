namespace OrleansWallet.Storage.Partitions;

/// <summary>
/// All partitions of the ledger, spread by ranges over one or more PostgreSQL servers. Each server has its own writer:
/// what waits for one never waits for another.
/// </summary>
public sealed class PartitionJournals : IPartitionJournal, IPartitionSnapshots, IPartitionIndex,
    IAsyncDisposable
{
    private readonly PartitionShard[] shards;
    private readonly PartitionShard[] shardOf;

    private PartitionJournals(Guid ledgerId, IReadOnlyList<PartitionServer> servers, PartitionStoreOptions options)
    {
        LedgerId = ledgerId;
        shards = [.. servers.Select(server => new PartitionShard(server, ledgerId, options))];
        shardOf = new PartitionShard[options.PartitionCount];
        for (var i = 0; i < shards.Length; i++)
            Array.Fill(shardOf, shards[i], servers[i].First, servers[i].Last - servers[i].First + 1);
    }

    /// <inheritdoc/>
    public Guid LedgerId { get; }

    /// <inheritdoc/>
    public int PartitionCount => shardOf.Length;

    /// <summary>How much this process has sent, to all servers.</summary>
    public PartitionWriterCounts Counts
    {
        get
        {
            var sum = default(PartitionWriterCounts);
            foreach (var shard in shards)
            {
                var one = shard.Journal.Counts;
                sum = new PartitionWriterCounts(
                    sum.Groups + one.Groups, sum.Batches + one.Batches, sum.Bytes + one.Bytes);
            }
            return sum;
        }
    }

    /// <summary>
    /// Connects to the servers, brings their schemas up to date, and checks what is fixed there: the number of
    /// partitions, each server's range, and that all are of one ledger.
    /// </summary>
    /// <exception cref="StorageSetupException">The ranges leave gaps or overlap, or a server isn't right.</exception>
    /// <exception cref="StateUnavailableException">A server can't be reached now.</exception>
    public static async Task<PartitionJournals> OpenAsync(
        IEnumerable<PartitionServer> servers, PartitionStoreOptions options, CancellationToken cancel = default)
    {
        var covering = PartitionServer.Covering(servers, options.Checked().PartitionCount);
        var ledgerId = await PartitionFacts.FixAsync(covering, options, cancel).ConfigureAwait(false);
        return new PartitionJournals(ledgerId, covering, options);
    }

    /// <inheritdoc/>
    public Task AppendAsync(int partition, long sequence, ReadOnlyMemory<byte> payload) =>
        ShardOf(partition).Journal.AppendAsync(partition, sequence, payload);

    /// <inheritdoc/>
    public int ServerOf(int partition) => Array.IndexOf(shards, ShardOf(partition));

    /// <inheritdoc/>
    public Task AppendTogetherAsync(IReadOnlyList<PartitionBytes> batches)
    {
        if (batches.Count == 0) return Task.CompletedTask;
        var shard = ShardOf(batches[0].Partition);
        foreach (var batch in batches)
        {
            if (ShardOf(batch.Partition) == shard) continue;
            throw new ArgumentException(
                $"Partition {batch.Partition} is not on the server of partition {batches[0].Partition}.",
                nameof(batches));
        }
        return shard.Journal.AppendTogetherAsync(batches);
    }

    /// <inheritdoc/>
    public IAsyncEnumerable<PartitionBatch> ReadAsync(PartitionPoint after, CancellationToken cancel = default) =>
        ShardOf(after.Partition).Journal.ReadAsync(after, cancel);

    /// <inheritdoc/>
    public Task<PartitionBatch?> FindAsync(int partition, long sequence, CancellationToken cancel = default) =>
        ShardOf(partition).Journal.FindAsync(partition, sequence, cancel);

    /// <inheritdoc/>
    public Task<int> ArchiveSomeAsync(int partition, CancellationToken cancel = default) =>
        ShardOf(partition).Journal.ArchiveSomeAsync(partition, cancel);

    /// <inheritdoc/>
    public Task WriteSnapshotAsync(
        PartitionPoint point, IReadOnlyCollection<Guid> runs, Action<Stream> writeImage,
        CancellationToken cancel = default) =>
        ShardOf(point.Partition).Snapshots.WriteAsync(point, runs, writeImage, cancel);

    /// <inheritdoc/>
    public Task<PartitionSnapshot<TState>?> ReadNewestSnapshotAsync<TState>(
        int partition, Func<Stream, TState> readImage, Action<string> notice, CancellationToken cancel = default) =>
        ShardOf(partition).Snapshots.ReadNewestAsync(partition, readImage, notice, cancel);

    /// <inheritdoc/>
    public Task WriteRunAsync(
        int partition, Guid run, long sequence, IAsyncEnumerable<byte[]> pages, Func<byte[]> header,
        CancellationToken cancel = default) =>
        ShardOf(partition).Index.WriteRunAsync(partition, run, sequence, pages, header, cancel);

    /// <inheritdoc/>
    public Task<byte[][]> ReadHeadersAsync(
        int partition, IReadOnlyList<Guid> runs, CancellationToken cancel = default) =>
        ShardOf(partition).Index.ReadHeadersAsync(partition, runs, cancel);

    /// <inheritdoc/>
    public Task<byte[][]> ReadPagesAsync(
        int partition, IReadOnlyList<IndexPageKey> pages, CancellationToken cancel = default) =>
        ShardOf(partition).Index.ReadPagesAsync(partition, pages, cancel);

    /// <inheritdoc/>
    public Task DistrustAsync(int partition, CancellationToken cancel = default) =>
        ShardOf(partition).Index.DistrustAsync(partition, cancel);

    /// <summary>Takes no more batches, writes those that wait, and closes the connections.</summary>
    public async ValueTask DisposeAsync()
    {
        foreach (var shard in shards) await shard.DisposeAsync().ConfigureAwait(false);
    }

    private PartitionShard ShardOf(int partition)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(partition);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(partition, shardOf.Length);
        return shardOf[partition];
    }
}
