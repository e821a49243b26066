using System.Data.Common;
using Npgsql;
using OrleansWallet.Storage.Postgres;

namespace OrleansWallet.Storage.Partitions;

/// <summary>The snapshots of some of the ledger's partitions, on one PostgreSQL server.</summary>
internal sealed class PostgresPartitionSnapshots(
    PostgresPartitionJournal journal, PostgresPartitionIndex index, NpgsqlDataSource source,
    PartitionStoreOptions options) : IDisposable
{
    private const string InsertChunk = """
        INSERT INTO partition_snapshot_chunk (partition, sequence, snapshot, chunk, payload)
        VALUES ($1, $2, $3, $4, $5)
        """;

    private const string FindChunk = """
        SELECT payload FROM partition_snapshot_chunk
        WHERE partition = $1 AND sequence = $2 AND snapshot = $3 AND chunk = $4
        """;

    // Nothing is inserted where a run that it names isn't there.
    private const string Complete = """
        INSERT INTO partition_snapshot (partition, sequence, snapshot, header, runs)
        SELECT $1, $2, $3, $4, $5
        WHERE cardinality($5) = (SELECT count(*) FROM partition_index_run AS held
            WHERE held.partition = $1 AND held.run = ANY ($5) AND held.header IS NOT NULL AND NOT held.condemned)
        ON CONFLICT (partition, sequence) DO UPDATE
        SET snapshot = excluded.snapshot, header = excluded.header, runs = excluded.runs
        """;

    // What is left of one that was never completed goes when two newer ones are there.
    private const string DeleteOldChunks = """
        DELETE FROM partition_snapshot_chunk WHERE partition = $1 AND sequence < (
            SELECT sequence FROM partition_snapshot WHERE partition = $1 ORDER BY sequence DESC OFFSET 1 LIMIT 1)
        """;

    private const string DeleteOld = """
        DELETE FROM partition_snapshot WHERE partition = $1 AND sequence < (
            SELECT sequence FROM partition_snapshot WHERE partition = $1 ORDER BY sequence DESC OFFSET 1 LIMIT 1)
        """;

    // What a newer activation made, and no snapshot names yet, has a higher sequence.
    private const string CondemnOldRuns = """
        UPDATE partition_index_run AS held SET condemned = true
        WHERE held.partition = $1 AND NOT held.condemned
            AND held.sequence < (
                SELECT sequence FROM partition_snapshot WHERE partition = $1 ORDER BY sequence DESC OFFSET 1 LIMIT 1)
            AND NOT EXISTS (
                SELECT FROM partition_snapshot AS kept WHERE kept.partition = $1 AND held.run = ANY (kept.runs))
        """;

    private const string Newest = """
        SELECT sequence, snapshot, header FROM partition_snapshot WHERE partition = $1 ORDER BY sequence DESC
        """;

    private readonly SemaphoreSlim turn = new(1);
    private readonly string place = PostgresConnections.PlaceOf(source);

    /// <summary>Writes a snapshot: see <see cref="IPartitionSnapshots"/>.</summary>
    public async Task WriteAsync(
        PartitionPoint point, IReadOnlyCollection<Guid> runs, Action<Stream> writeImage, CancellationToken cancel)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(point.Sequence, 1);
        await turn.WaitAsync(cancel).ConfigureAwait(false);
        try
        {
            var snapshot = Guid.CreateVersion7();
            var header = await OnThreadAsync(() => WriteChunks(point, snapshot, writeImage, cancel))
                .ConfigureAwait(false);
            // An activation that was fenced may not know it yet, and its state may have what was never written.
            var batch = await journal.FindAsync(point.Partition, point.Sequence, cancel).ConfigureAwait(false);
            if (batch?.After != point) throw new PartitionFencedException(point.Partition, point.Sequence);
            await CompleteAsync(point, snapshot, header, [.. runs.Distinct()], cancel).ConfigureAwait(false);
            await index.SweepAsync(point.Partition, cancel).ConfigureAwait(false);
        }
        catch (Exception e) when (!cancel.IsCancellationRequested && PostgresFaults.IsFailure(e))
        {
            throw PostgresFaults.Explain(e, place);
        }
        finally
        {
            turn.Release();
        }
    }

    /// <inheritdoc cref="IPartitionSnapshots.ReadNewestSnapshotAsync"/>
    public async Task<PartitionSnapshot<TState>?> ReadNewestAsync<TState>(
        int partition, Func<Stream, TState> readImage, Action<string> notice, CancellationToken cancel)
    {
        try
        {
            foreach (var (sequence, snapshot, bytes) in await NewestAsync(partition, cancel).ConfigureAwait(false))
            {
                var fault = PartitionSnapshotHeader.FaultOf(bytes, partition, sequence, out var header);
                if (fault is null)
                {
                    var read = await OnThreadAsync(() => ReadImage(header, snapshot, readImage, cancel))
                        .ConfigureAwait(false);
                    if (read is not null) return read;
                    fault = "its content is damaged";
                }
                notice($"The snapshot of partition {partition} after batch {sequence} is passed over: {fault}.");
            }
            return null;
        }
        catch (Exception e) when (!cancel.IsCancellationRequested && PostgresFaults.IsFailure(e))
        {
            throw PostgresFaults.Explain(e, place);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => turn.Dispose();

    // Images are written and read by plain, synchronous code; a thread of the pool would be missed elsewhere.
    private static Task<T> OnThreadAsync<T>(Func<T> work) => Task.Factory.StartNew(
        work, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);

    private PartitionSnapshotHeader WriteChunks(
        PartitionPoint point, Guid snapshot, Action<Stream> writeImage, CancellationToken cancel)
    {
        using var writer = new SnapshotChunkWriter(options.SnapshotChunkBytes, (chunk, bytes) =>
        {
            cancel.ThrowIfCancellationRequested();
            using var connection = source.OpenConnection();
            using var command = ChunkCommand(InsertChunk, connection, point, snapshot, chunk);
            command.Parameters.Add(new NpgsqlParameter<ReadOnlyMemory<byte>> { TypedValue = bytes });
            command.ExecuteNonQuery();
        });
        writeImage(writer);
        var hash = writer.Finish();
        return new PartitionSnapshotHeader(point, writer.Chunks, writer.Length, hash);
    }

    private async Task CompleteAsync(
        PartitionPoint point, Guid snapshot, PartitionSnapshotHeader header, Guid[] runs, CancellationToken cancel)
    {
        await using var connection = await source.OpenConnectionAsync(cancel).ConfigureAwait(false);
        await using var batch = connection.CreateBatch();
        batch.Timeout = options.CommandSeconds;
        batch.BatchCommands.Add(PartitionLock.Command(point.Partition));
        var complete = new NpgsqlBatchCommand(Complete);
        AddPartition(complete.Parameters, point.Partition);
        complete.Parameters.Add(new NpgsqlParameter<long> { TypedValue = point.Sequence });
        complete.Parameters.Add(new NpgsqlParameter<Guid> { TypedValue = snapshot });
        complete.Parameters.Add(new NpgsqlParameter<byte[]> { TypedValue = header.ToBytes() });
        complete.Parameters.Add(new NpgsqlParameter<Guid[]> { TypedValue = runs });
        batch.BatchCommands.Add(complete);
        foreach (var sql in new[] { DeleteOldChunks, DeleteOld, CondemnOldRuns })
        {
            var delete = new NpgsqlBatchCommand(sql);
            AddPartition(delete.Parameters, point.Partition);
            batch.BatchCommands.Add(delete);
        }
        await batch.ExecuteNonQueryAsync(cancel).ConfigureAwait(false);
        if (complete.RecordsAffected > 0) return;
        await index.ReadHeadersAsync(point.Partition, runs, cancel).ConfigureAwait(false);
        throw new InvalidOperationException(
            $"The snapshot of partition {point.Partition} names runs that weren't complete.");
    }

    private async Task<List<(long Sequence, Guid Snapshot, byte[] Header)>> NewestAsync(
        int partition, CancellationToken cancel)
    {
        await using var connection = await source.OpenConnectionAsync(cancel).ConfigureAwait(false);
        await using var command = new NpgsqlCommand(Newest, connection) { CommandTimeout = options.CommandSeconds };
        AddPartition(command.Parameters, partition);
        var found = new List<(long, Guid, byte[])>();
        await using var reader = await command.ExecuteReaderAsync(cancel).ConfigureAwait(false);
        while (await reader.ReadAsync(cancel).ConfigureAwait(false))
            found.Add((reader.GetInt64(0), reader.GetGuid(1), reader.GetFieldValue<byte[]>(2)));
        return found;
    }

    // Null where the image is damaged.
    private PartitionSnapshot<TState>? ReadImage<TState>(
        PartitionSnapshotHeader header, Guid snapshot, Func<Stream, TState> readImage, CancellationToken cancel)
    {
        using var reader = new SnapshotChunkReader(header.Chunks, chunk =>
        {
            cancel.ThrowIfCancellationRequested();
            using var connection = source.OpenConnection();
            using var command = ChunkCommand(FindChunk, connection, header.Point, snapshot, chunk);
            return command.ExecuteScalar() as byte[];
        });
        try
        {
            var state = readImage(reader);
            return reader.EndsAs(header.ImageBytes, header.ImageHash)
                ? new PartitionSnapshot<TState>(state, header.Point) : null;
        }
        catch (Exception e) when (e is not (DbException or OperationCanceledException))
        {
            // Damaged bytes may make the reader of the image fail in any way; whole ones may not.
            if (reader.EndsAs(header.ImageBytes, header.ImageHash)) throw;
            return null;
        }
    }

    private NpgsqlCommand ChunkCommand(
        string sql, NpgsqlConnection connection, in PartitionPoint point, Guid snapshot, int chunk)
    {
        var command = new NpgsqlCommand(sql, connection) { CommandTimeout = options.CommandSeconds };
        AddPartition(command.Parameters, point.Partition);
        command.Parameters.Add(new NpgsqlParameter<long> { TypedValue = point.Sequence });
        command.Parameters.Add(new NpgsqlParameter<Guid> { TypedValue = snapshot });
        command.Parameters.Add(new NpgsqlParameter<int> { TypedValue = chunk });
        return command;
    }

    private static void AddPartition(NpgsqlParameterCollection parameters, int partition) =>
        parameters.Add(new NpgsqlParameter<short> { TypedValue = (short)partition });
}
