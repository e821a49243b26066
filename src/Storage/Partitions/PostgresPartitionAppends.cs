using Npgsql;
using NpgsqlTypes;
using OrleansWallet.Storage.Postgres;

namespace OrleansWallet.Storage.Partitions;

/// <summary>
/// Writes a group of batches with one COPY, which costs the server little more than half of what an INSERT from arrays
/// does, and one commit.
/// </summary>
internal sealed class PostgresPartitionAppends(NpgsqlDataSource source, PartitionStoreOptions options)
    : IWriteTogether
{
    private const string Copy = "COPY partition_journal (partition, sequence, payload) FROM STDIN (FORMAT BINARY)";

    private const string Taken = """
        SELECT journal.partition FROM unnest($1, $2) AS asked (partition, sequence)
        JOIN partition_journal AS journal USING (partition, sequence)
        ORDER BY 1 LIMIT 1
        """;

    private readonly TimeSpan timeout = TimeSpan.FromSeconds(options.CommandSeconds);
    private readonly string place = PostgresConnections.PlaceOf(source);

    /// <summary>
    /// Writes a group, and notes at each batch where that failed. Nothing is tried again whose outcome is unknown.
    /// </summary>
    public async Task WriteAsync(List<PartitionAppend> group)
    {
        if (await TryWriteAsync(group).ConfigureAwait(false)) return;
        // One of them met a row of another activation, and nothing was written. Each by itself, it shows which.
        var alone = new List<PartitionAppend>(1);
        foreach (var append in group)
        {
            alone.Clear();
            alone.Add(append);
            if (group.Count == 1 || !await TryWriteAsync(alone).ConfigureAwait(false))
                append.Fail(new PartitionFencedException(append.Partition, append.Sequence));
        }
    }

    /// <inheritdoc/>
    public async Task<PartitionFencedException> FindFencedAsync(List<PartitionAppend> appends)
    {
        var fenced = await FindTakenAsync(appends).ConfigureAwait(false) ?? appends[0];
        return new PartitionFencedException(fenced.Partition, fenced.Sequence);
    }

    // The first of those whose key is taken.
    private async Task<PartitionAppend?> FindTakenAsync(List<PartitionAppend> group)
    {
        try
        {
            await using var command = source.CreateCommand(Taken);
            command.CommandTimeout = options.CommandSeconds;
            command.Parameters.Add(new NpgsqlParameter<short[]>
            {
                TypedValue = [.. group.Select(append => (short)append.Partition)],
            });
            command.Parameters.Add(new NpgsqlParameter<long[]>
            {
                TypedValue = [.. group.Select(append => append.Sequence)],
            });
            return await command.ExecuteScalarAsync().ConfigureAwait(false) is short partition
                ? group.Find(append => append.Partition == partition)
                : null;
        }
        catch (Exception e) when (PostgresFaults.IsFailure(e))
        {
            return null;
        }
    }

    /// <inheritdoc/>
    public async Task<bool> TryWriteAsync(List<PartitionAppend> group)
    {
        // One order for all processes: those that meet at the same keys never wait for each other in a circle.
        group.Sort(static (one, other) => one.Partition.CompareTo(other.Partition));
        var isOutcomeKnown = true;
        try
        {
            await using var connection = await source.OpenConnectionAsync().ConfigureAwait(false);
            await using var import = await connection.BeginBinaryImportAsync(Copy).ConfigureAwait(false);
            import.Timeout = timeout;
            foreach (var append in group)
            {
                await import.StartRowAsync().ConfigureAwait(false);
                await import.WriteAsync((short)append.Partition, NpgsqlDbType.Smallint).ConfigureAwait(false);
                await import.WriteAsync(append.Sequence, NpgsqlDbType.Bigint).ConfigureAwait(false);
                await import.WriteAsync(append.Payload, NpgsqlDbType.Bytea).ConfigureAwait(false);
            }
            // Without the end of the data, which this sends, the server commits nothing.
            isOutcomeKnown = false;
            await import.CompleteAsync().ConfigureAwait(false);
        }
        catch (PostgresException e) when (e.SqlState == PostgresErrorCodes.UniqueViolation)
        {
            return false;
        }
        catch (Exception e) when (PostgresFaults.IsFailure(e) || e is StorageSetupException)
        {
            // The pool's other connections will hardly be better than the one that was lost.
            if (PostgresFaults.IsLostConnection(e)) source.Clear();
            // An error, unlike a fatal one, is the server's word that it has rolled back.
            isOutcomeKnown |= e is PostgresException { InvariantSeverity: "ERROR" };
            var why = new StateUnavailableException(PostgresFaults.Explain(e, place).Message, e, isOutcomeKnown);
            foreach (var append in group) append.Fail(why);
        }
        return true;
    }
}
