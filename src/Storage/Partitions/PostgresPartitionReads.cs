using System.Data;
using Npgsql;
using OrleansWallet.Storage.Postgres;

namespace OrleansWallet.Storage.Partitions;

/// <summary>A row of the journal: one batch; or of the archive: those up to its sequence.</summary>
internal readonly record struct PartitionRow(long Sequence, byte[] Payload, bool IsArchived);

/// <summary>Reads rows of the journal and the archive. As that changes nothing, it may go twice.</summary>
internal sealed class PostgresPartitionReads(NpgsqlDataSource source, PartitionStoreOptions options)
{
    // Both tables as of one moment, or batches that are moved meanwhile would be missed. The archive's next row comes
    // where it has the batch, and where the journal has none before it: then one is missing, which its number tells.
    private const string Portion = """
        WITH archived AS MATERIALIZED (
            SELECT first_sequence, last_sequence, payload FROM partition_archive
            WHERE partition = $1 AND last_sequence >= $2 ORDER BY last_sequence LIMIT 1
        )
        SELECT last_sequence, payload, true FROM archived
        WHERE NOT EXISTS (
            SELECT FROM partition_journal WHERE partition = $1 AND sequence >= $2 AND sequence < first_sequence)
        UNION ALL
        SELECT sequence, payload, false FROM (
            SELECT sequence, payload, sum(octet_length(payload)) OVER (ORDER BY sequence ROWS UNBOUNDED PRECEDING)
                - octet_length(payload) AS bytes_before
            FROM (
                SELECT sequence, payload FROM partition_journal
                WHERE partition = $1 AND sequence >= $2
                    AND sequence < coalesce((SELECT first_sequence FROM archived), 9223372036854775807)
                ORDER BY sequence LIMIT $3
            ) AS next
        ) AS counted
        WHERE bytes_before < $4
        """;

    private const string One = """
        SELECT sequence, payload, false FROM partition_journal WHERE partition = $1 AND sequence = $2
        UNION ALL
        SELECT last_sequence, payload, true FROM (
            SELECT first_sequence, last_sequence, payload FROM partition_archive
            WHERE partition = $1 AND last_sequence >= $2 ORDER BY last_sequence LIMIT 1
        ) AS archived
        WHERE first_sequence <= $2
        """;

    private readonly string place = PostgresConnections.PlaceOf(source);

    /// <summary>
    /// The next rows of a partition from a sequence on, within the limits: one of the archive, or some of the journal.
    /// </summary>
    public Task<List<PartitionRow>> PortionAsync(int partition, long sequence, CancellationToken cancel) =>
        source.ReadAgainIfLostAsync(place, () => RowsAsync(
            Portion, partition, sequence,
            [
                new NpgsqlParameter<int> { TypedValue = options.ReadBatchesMax },
                new NpgsqlParameter<long> { TypedValue = options.ReadBytesMax },
            ], cancel), cancel);

    /// <summary>The row with one batch; null where there is none.</summary>
    public async Task<PartitionRow?> OneAsync(int partition, long sequence, CancellationToken cancel)
    {
        var rows = await source.ReadAgainIfLostAsync(
            place, () => RowsAsync(One, partition, sequence, [], cancel), cancel).ConfigureAwait(false);
        return rows.Count == 0 ? null : rows[0];
    }

    private async Task<List<PartitionRow>> RowsAsync(
        string sql, int partition, long sequence, NpgsqlParameter[] limits, CancellationToken cancel)
    {
        await using var connection = await source.OpenConnectionAsync(cancel).ConfigureAwait(false);
        await using var command = new NpgsqlCommand(sql, connection) { CommandTimeout = options.CommandSeconds };
        command.Parameters.Add(new NpgsqlParameter<short> { TypedValue = (short)partition });
        command.Parameters.Add(new NpgsqlParameter<long> { TypedValue = sequence });
        command.Parameters.AddRange(limits);
        var rows = new List<PartitionRow>();
        await using var reader = await command.ExecuteReaderAsync(CommandBehavior.SequentialAccess, cancel)
            .ConfigureAwait(false);
        while (await reader.ReadAsync(cancel).ConfigureAwait(false))
        {
            var found = reader.GetInt64(0);
            var payload = await reader.GetFieldValueAsync<byte[]>(1, cancel).ConfigureAwait(false);
            rows.Add(new PartitionRow(found, payload, reader.GetBoolean(2)));
        }
        return rows;
    }
}
