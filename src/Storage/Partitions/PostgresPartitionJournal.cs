using System.Runtime.CompilerServices;
using Npgsql;

namespace OrleansWallet.Storage.Partitions;

/// <summary>The journals of some of the ledger's partitions, on one PostgreSQL server.</summary>
internal sealed class PostgresPartitionJournal
{
    private readonly Guid ledgerId;
    private readonly PartitionWriter writer;
    private readonly PostgresPartitionReads reads;
    private readonly PostgresPartitionArchive archive;

    /// <summary>The journals of the partitions from a first to a last.</summary>
    public PostgresPartitionJournal(
        Guid ledgerId, int first, int last, NpgsqlDataSource writes, NpgsqlDataSource source,
        PartitionStoreOptions options)
    {
        this.ledgerId = ledgerId;
        reads = new PostgresPartitionReads(source, options);
        archive = new PostgresPartitionArchive(this, source, options);
        var appends = new PostgresPartitionAppends(writes, options);
        writer = new PartitionWriter(options, first, last - first + 1, appends.WriteAsync, appends);
    }

    /// <summary>How much was sent.</summary>
    public PartitionWriterCounts Counts => writer.Counts;

    /// <inheritdoc cref="IPartitionJournal.AppendAsync"/>
    public Task AppendAsync(int partition, long sequence, ReadOnlyMemory<byte> payload)
    {
        var append = new PartitionAppend(partition, sequence, payload);
        writer.Push(append);
        return append.Task;
    }

    /// <inheritdoc cref="IPartitionJournal.AppendTogetherAsync"/>
    public Task AppendTogetherAsync(IReadOnlyList<PartitionBytes> batches)
    {
        var appends = new List<PartitionAppend>(batches.Count);
        foreach (var batch in batches) appends.Add(new PartitionAppend(batch.Partition, batch.Sequence, batch.Payload));
        return writer.WriteTogetherAsync(appends);
    }

    /// <inheritdoc cref="IPartitionJournal.ReadAsync"/>
    public async IAsyncEnumerable<PartitionBatch> ReadAsync(
        PartitionPoint after, [EnumeratorCancellation] CancellationToken cancel)
    {
        await CheckPointAsync(after, cancel).ConfigureAwait(false);
        await foreach (var batch in ReadBehindAsync(after, cancel).ConfigureAwait(false)) yield return batch;
    }

    /// <inheritdoc cref="IPartitionJournal.FindAsync"/>
    public async Task<PartitionBatch?> FindAsync(int partition, long sequence, CancellationToken cancel)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(sequence, 1);
        if (await reads.OneAsync(partition, sequence, cancel).ConfigureAwait(false) is not { } row) return null;
        if (!row.IsArchived) return PartitionBatch.Read(partition, sequence, row.Payload);
        var (first, batches) = PartitionArchiveRow.Unpack(partition, row.Sequence, row.Payload);
        return sequence >= first
            ? PartitionBatch.Read(partition, sequence, batches[(int)(sequence - first)])
            : throw new PartitionDamagedException(
                partition, sequence, $"the archive's row for it begins with batch {first} only");
    }

    /// <inheritdoc cref="IPartitionJournal.ArchiveSomeAsync"/>
    public Task<int> ArchiveSomeAsync(int partition, CancellationToken cancel) =>
        archive.MoveSomeAsync(ledgerId, partition, cancel);

    /// <summary>Takes no more batches, and waits until those it has are answered.</summary>
    public Task CloseAsync() => writer.CloseAsync();

    /// <summary>All batches behind a point that is known to be the journal's.</summary>
    internal async IAsyncEnumerable<PartitionBatch> ReadBehindAsync(
        PartitionPoint point, [EnumeratorCancellation] CancellationToken cancel)
    {
        while (true)
        {
            var rows = await reads.PortionAsync(point.Partition, point.Sequence + 1, cancel).ConfigureAwait(false);
            if (rows.Count == 0) yield break;
            foreach (var row in rows)
            {
                foreach (var bytes in BatchesBehind(point, row))
                {
                    var batch = PartitionBatch.ReadNext(point, bytes);
                    point = batch.After;
                    yield return batch;
                }
            }
        }
    }

    // Throws where the journal doesn't have the batch that a point was taken at.
    private async Task CheckPointAsync(PartitionPoint point, CancellationToken cancel)
    {
        if (point.Sequence == 0)
        {
            if (point != PartitionPoint.Start(ledgerId, point.Partition))
                throw new ArgumentException("The point is no beginning of this ledger's journal.", nameof(point));
            return;
        }
        var batch = await FindAsync(point.Partition, point.Sequence, cancel).ConfigureAwait(false);
        if (batch?.After == point) return;
        throw new PartitionDamagedException(
            point.Partition, point.Sequence, batch is null
                ? "it is missing, and a snapshot or reader knows it"
                : "it isn't the one that a snapshot or reader knows");
    }

    private static IEnumerable<Memory<byte>> BatchesBehind(PartitionPoint point, PartitionRow row)
    {
        var next = point.Sequence + 1;
        var (first, batches) = row.IsArchived
            ? PartitionArchiveRow.Unpack(point.Partition, row.Sequence, row.Payload)
            : (row.Sequence, [row.Payload]);
        if (first > next)
        {
            throw new PartitionDamagedException(
                point.Partition, next, $"it is missing, and the next there is batch {first}");
        }
        return batches.Skip((int)(next - first));
    }
}
