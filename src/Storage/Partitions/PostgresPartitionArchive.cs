using System.Collections.Concurrent;
using Npgsql;
using OrleansWallet.Storage.Postgres;

namespace OrleansWallet.Storage.Partitions;

/// <summary>
/// Moves batches from the journal to the archive: stretches of small ones, which become one row. Large ones stay where
/// they are for ever, as to move them would only write them a second time (docs/decisions/0019).
/// </summary>
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

    // Of a payload that lies outside its row, as large ones do, this reads no more than the pointer to it.
    private const string Lengths = """
        SELECT sequence, octet_length(payload) FROM partition_journal
        WHERE partition = $1 AND sequence > $2 AND sequence <= $3 ORDER BY sequence LIMIT $4
        """;

    private const string Delete =
        "DELETE FROM partition_journal WHERE partition = $1 AND sequence BETWEEN $2 AND $3";

    private const string Insert = """
        INSERT INTO partition_archive (partition, first_sequence, last_sequence, payload) VALUES ($1, $2, $3, $4)
        """;

    private readonly string place = PostgresConnections.PlaceOf(source);

    // Up to which batch of a partition all is in the archive or stays in the journal, as far as was looked.
    private readonly ConcurrentDictionary<int, long> done = new();

    /// <inheritdoc cref="IPartitionJournal.ArchiveSomeAsync"/>
    public async Task<int> MoveSomeAsync(Guid ledgerId, int partition, CancellationToken cancel)
    {
        try
        {
            var (archived, wanted) = await EndsAsync(partition, cancel).ConfigureAwait(false);
            var behind = Math.Max(archived, done.GetValueOrDefault(partition));
            if (await FindSmallAsync(partition, behind, wanted, cancel).ConfigureAwait(false) is not { } stretch)
                return 0;
            var point = await PointAsync(ledgerId, partition, stretch.Behind, cancel).ConfigureAwait(false);
            var (batches, length) = await TakeAsync(point, stretch.Last, cancel).ConfigureAwait(false);
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

    // The next batches that fill a row of the archive and are small on average: the one before them, and the last.
    private async Task<(long Behind, long Last)?> FindSmallAsync(
        int partition, long behind, long wanted, CancellationToken cancel)
    {
        while (behind < wanted)
        {
            var found = await LengthsAsync(partition, behind, wanted, cancel).ConfigureAwait(false);
            // Reading them tells what has become of them.
            if (found.Count == 0) return (behind, wanted);
            for (var first = 0; first < found.Count;)
            {
                var (next, bytes) = (first, 0L);
                do bytes += found[next++].Length;
                while (next < found.Count && bytes + found[next].Length <= options.ArchiveRowBytesMax);
                var last = found[next - 1].Sequence;
                if (bytes <= (long)options.ArchivedBatchBytesMax * (next - first)) return (behind, last);
                done[partition] = behind = last;
                first = next;
            }
        }
        return null;
    }

    private async Task<List<(long Sequence, int Length)>> LengthsAsync(
        int partition, long behind, long wanted, CancellationToken cancel)
    {
        await using var connection = await source.OpenConnectionAsync(cancel).ConfigureAwait(false);
        await using var command = Command(Lengths, connection, partition, behind, wanted);
        command.Parameters.Add(new NpgsqlParameter<int> { TypedValue = options.ArchiveRowBatchesMax });
        await using var reader = await command.ExecuteReaderAsync(cancel).ConfigureAwait(false);
        var found = new List<(long, int)>();
        while (await reader.ReadAsync(cancel).ConfigureAwait(false))
            found.Add((reader.GetInt64(0), reader.GetInt32(1)));
        return found;
    }

    private async Task<PartitionPoint> PointAsync(
        Guid ledgerId, int partition, long sequence, CancellationToken cancel)
    {
        if (sequence == 0) return PartitionPoint.Start(ledgerId, partition);
        var last = await journal.FindAsync(partition, sequence, cancel).ConfigureAwait(false);
        return last?.After ?? throw new PartitionDamagedException(partition, sequence, "it is missing");
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
