using Npgsql;
using OrleansWallet.Storage.Postgres;

namespace OrleansWallet.Storage.Partitions;

/// <summary>Moves batches from the journal to the archive.</summary>
internal sealed class PostgresPartitionArchive(
    PostgresPartitionJournal journal, NpgsqlDataSource source, PartitionStoreOptions options)
{
    // The batch that the older snapshot was taken at stays in the journal: reading on from it begins there.
    private const string Ends = """
        SELECT
            coalesce((SELECT max(last_sequence) FROM partition_archive WHERE partition = $1), 0),
            coalesce((SELECT sequence - 1 FROM partition_snapshot WHERE partition = $1
                ORDER BY sequence DESC OFFSET 1 LIMIT 1), 0)
        """;

    private const string Delete =
        "DELETE FROM partition_journal WHERE partition = $1 AND sequence BETWEEN $2 AND $3";

    private const string Insert = """
        INSERT INTO partition_archive (partition, first_sequence, last_sequence, payload) VALUES ($1, $2, $3, $4)
        """;

    private readonly string place = PostgresConnections.PlaceOf(source);

    /// <inheritdoc cref="IPartitionJournal.ArchiveSomeAsync"/>
    public async Task<int> MoveSomeAsync(Guid ledgerId, int partition, CancellationToken cancel)
    {
        try
        {
            var (archived, wanted) = await EndsAsync(partition, cancel).ConfigureAwait(false);
            if (wanted <= archived) return 0;
            var point = await PointAsync(ledgerId, partition, archived, cancel).ConfigureAwait(false);
            var (batches, length) = await TakeAsync(point, wanted, cancel).ConfigureAwait(false);
            var row = PartitionArchiveRow.Pack(batches, length);
            return await MoveAsync(batches, row, cancel).ConfigureAwait(false);
        }
        catch (Exception e) when (!cancel.IsCancellationRequested && PostgresFaults.IsFailure(e))
        {
            throw PostgresFaults.Explain(e, place);
        }
    }

    private async Task<(long Archived, long Wanted)> EndsAsync(int partition, CancellationToken cancel)
    {
        await using var connection = await source.OpenConnectionAsync(cancel).ConfigureAwait(false);
        await using var command = Command(Ends, connection, partition);
        await using var reader = await command.ExecuteReaderAsync(cancel).ConfigureAwait(false);
        await reader.ReadAsync(cancel).ConfigureAwait(false);
        return (reader.GetInt64(0), reader.GetInt64(1));
    }

    private async Task<PartitionPoint> PointAsync(
        Guid ledgerId, int partition, long archived, CancellationToken cancel)
    {
        if (archived == 0) return PartitionPoint.Start(ledgerId, partition);
        var last = await journal.FindAsync(partition, archived, cancel).ConfigureAwait(false);
        return last?.After ?? throw new PartitionDamagedException(partition, archived, "it left the archive");
    }

    private async Task<(List<PartitionBatch> Batches, int Length)> TakeAsync(
        PartitionPoint point, long wanted, CancellationToken cancel)
    {
        var batches = new List<PartitionBatch>();
        var length = 0;
        await foreach (var batch in journal.ReadBehindAsync(point, cancel).ConfigureAwait(false))
        {
            if (batch.Sequence > wanted) break;
            if (batches.Count > 0 && length + batch.Bytes.Length > options.ArchiveRowBytesMax) break;
            batches.Add(batch);
            length += batch.Bytes.Length;
        }
        return batches.Count > 0
            ? (batches, length)
            : throw new PartitionDamagedException(point.Partition, point.Sequence + 1, "it is missing");
    }

    private async Task<int> MoveAsync(
        List<PartitionBatch> batches, ReadOnlyMemory<byte> row, CancellationToken cancel)
    {
        var (partition, first, last) = (batches[0].Partition, batches[0].Sequence, batches[^1].Sequence);
        await using var connection = await source.OpenConnectionAsync(cancel).ConfigureAwait(false);
        await using var transaction = await connection.BeginTransactionAsync(cancel).ConfigureAwait(false);
        await using var delete = Command(Delete, connection, partition, first, last);
        var deleted = await delete.ExecuteNonQueryAsync(cancel).ConfigureAwait(false);
        // Fewer are there where another process has moved them meanwhile; what it wrote stands.
        if (deleted != batches.Count) return 0;
        await using var insert = Command(Insert, connection, partition, first, last);
        insert.Parameters.Add(new NpgsqlParameter<ReadOnlyMemory<byte>> { TypedValue = row });
        await insert.ExecuteNonQueryAsync(cancel).ConfigureAwait(false);
        await transaction.CommitAsync(cancel).ConfigureAwait(false);
        return batches.Count;
    }

    private NpgsqlCommand Command(string sql, NpgsqlConnection connection, int partition, params long[] sequences)
    {
        var command = new NpgsqlCommand(sql, connection) { CommandTimeout = options.CommandSeconds };
        command.Parameters.Add(new NpgsqlParameter<short> { TypedValue = (short)partition });
        foreach (var sequence in sequences)
            command.Parameters.Add(new NpgsqlParameter<long> { TypedValue = sequence });
        return command;
    }
}
