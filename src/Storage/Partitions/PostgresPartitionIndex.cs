using Npgsql;
using NpgsqlTypes;
using OrleansWallet.Storage.Postgres;

namespace OrleansWallet.Storage.Partitions;

/// <summary>The indexes of some of the ledger's partitions, on one PostgreSQL server.</summary>
internal sealed class PostgresPartitionIndex(NpgsqlDataSource source, PartitionStoreOptions options) : IDisposable
{
    private const string Begin = "INSERT INTO partition_index_run (partition, run, sequence) VALUES ($1, $2, $3)";

    // Whoever condemns the run waits for this transaction's end, and after that no page of it is added any more.
    private const string Hold = """
        SELECT FROM partition_index_run
        WHERE partition = $1 AND run = $2 AND header IS NULL AND NOT condemned FOR SHARE
        """;

    private const string Copy = "COPY partition_index_page (partition, run, page, payload) FROM STDIN (FORMAT BINARY)";

    private const string Complete = """
        UPDATE partition_index_run SET header = $3
        WHERE partition = $1 AND run = $2 AND header IS NULL AND NOT condemned
        """;

    private const string FindHeaders = """
        SELECT wanted.number, held.header
        FROM unnest($2) WITH ORDINALITY AS wanted (run, number)
        JOIN partition_index_run AS held ON held.partition = $1 AND held.run = wanted.run
        WHERE held.header IS NOT NULL AND NOT held.condemned
        """;

    private const string FindPages = """
        SELECT wanted.number, held.payload
        FROM unnest($2, $3) WITH ORDINALITY AS wanted (run, page, number)
        JOIN partition_index_page AS held
            ON held.partition = $1 AND held.run = wanted.run AND held.page = wanted.page
        """;

    private const string DeleteSnapshots = "DELETE FROM partition_snapshot WHERE partition = $1";

    private const string FindCondemned = """
        SELECT run, (SELECT max(page) FROM partition_index_page AS held
            WHERE held.partition = gone.partition AND held.run = gone.run)
        FROM partition_index_run AS gone WHERE partition = $1 AND condemned
        """;

    private const string DeletePages =
        "DELETE FROM partition_index_page WHERE partition = $1 AND run = $2 AND page BETWEEN $3 AND $4";

    private const string DeleteRun = "DELETE FROM partition_index_run WHERE partition = $1 AND run = $2 AND condemned";

    private readonly SemaphoreSlim turn = new(1);
    private readonly string place = PostgresConnections.PlaceOf(source);
    private readonly TimeSpan timeout = TimeSpan.FromSeconds(options.CommandSeconds);

    /// <inheritdoc cref="IPartitionIndex.WriteRunAsync"/>
    public async Task WriteRunAsync(
        int partition, Guid run, long sequence, IAsyncEnumerable<byte[]> pages, Func<byte[]> header,
        CancellationToken cancel)
    {
        await ChangeAsync(Begin, partition, run, cancel, sequence).ConfigureAwait(false);
        var portion = new List<byte[]>();
        var (bytes, written) = (0L, 0);
        await foreach (var page in pages.WithCancellation(cancel).ConfigureAwait(false))
        {
            portion.Add(page);
            bytes += page.Length;
            if (bytes < options.IndexPortionBytes) continue;
            await WritePagesAsync(partition, run, written, portion, cancel).ConfigureAwait(false);
            written += portion.Count;
            portion.Clear();
            bytes = 0;
        }
        if (portion.Count > 0) await WritePagesAsync(partition, run, written, portion, cancel).ConfigureAwait(false);
        if (await ChangeAsync(Complete, partition, run, cancel, header()).ConfigureAwait(false) == 0)
            throw GoneMeanwhile(partition, run);
    }

    /// <inheritdoc cref="IPartitionIndex.ReadHeadersAsync"/>
    public async Task<byte[][]> ReadHeadersAsync(
        int partition, IReadOnlyList<Guid> runs, CancellationToken cancel)
    {
        var headers = new byte[]?[runs.Count];
        if (runs.Count > 0)
        {
            await source.ReadAgainIfLostAsync(
                place, () => FindAsync(FindHeaders, partition, [.. runs], null, headers, cancel), cancel)
                .ConfigureAwait(false);
        }
        return [.. headers.Select((header, i) => header ?? throw new PartitionIndexDamagedException(
            partition, runs[i], "is gone", isGone: true))];
    }

    /// <inheritdoc cref="IPartitionIndex.ReadPagesAsync"/>
    public async Task<byte[][]> ReadPagesAsync(
        int partition, IReadOnlyList<IndexPageKey> pages, CancellationToken cancel)
    {
        var found = new List<byte[]>(pages.Count);
        foreach (var portion in pages.Chunk(options.IndexPagesMax))
        {
            var payloads = new byte[]?[portion.Length];
            Guid[] runs = [.. portion.Select(key => key.Run)];
            int[] numbers = [.. portion.Select(key => key.Page)];
            await source.ReadAgainIfLostAsync(
                place, () => FindAsync(FindPages, partition, runs, numbers, payloads, cancel), cancel)
                .ConfigureAwait(false);
            for (var i = 0; i < payloads.Length; i++)
                found.Add(payloads[i] ?? throw await MissingAsync(partition, portion[i], cancel).ConfigureAwait(false));
        }
        return [.. found];
    }

    /// <inheritdoc cref="IPartitionIndex.DistrustAsync"/>
    public async Task DistrustAsync(int partition, CancellationToken cancel)
    {
        try
        {
            await using var connection = await source.OpenConnectionAsync(cancel).ConfigureAwait(false);
            await using var batch = connection.CreateBatch();
            batch.Timeout = options.CommandSeconds;
            batch.BatchCommands.Add(PartitionLock.Command(partition));
            var delete = new NpgsqlBatchCommand(DeleteSnapshots);
            delete.Parameters.Add(new NpgsqlParameter<short> { TypedValue = (short)partition });
            batch.BatchCommands.Add(delete);
            await batch.ExecuteNonQueryAsync(cancel).ConfigureAwait(false);
        }
        catch (Exception e) when (!cancel.IsCancellationRequested && PostgresFaults.IsFailure(e))
        {
            throw PostgresFaults.Explain(e, place);
        }
    }

    /// <summary>Deletes what is condemned of a partition, some pages at a time.</summary>
    public async Task SweepAsync(int partition, CancellationToken cancel)
    {
        foreach (var (run, last) in await CondemnedAsync(partition, cancel).ConfigureAwait(false))
        {
            for (var first = 0; first <= last; first += options.IndexPagesMax)
            {
                await ChangeAsync(DeletePages, partition, run, cancel, first, first + options.IndexPagesMax - 1)
                    .ConfigureAwait(false);
            }
            await ChangeAsync(DeleteRun, partition, run, cancel).ConfigureAwait(false);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => turn.Dispose();

    private static PartitionIndexDamagedException GoneMeanwhile(int partition, Guid run) =>
        new(partition, run, "was deleted while it was written", isGone: true);

    private async Task WritePagesAsync(
        int partition, Guid run, int first, List<byte[]> pages, CancellationToken cancel)
    {
        await turn.WaitAsync(cancel).ConfigureAwait(false);
        try
        {
            await using var connection = await source.OpenConnectionAsync(cancel).ConfigureAwait(false);
            await using var transaction = await connection.BeginTransactionAsync(cancel).ConfigureAwait(false);
            if (!await HoldAsync(connection, partition, run, cancel).ConfigureAwait(false))
                throw GoneMeanwhile(partition, run);
            await CopyAsync(connection, partition, run, first, pages, cancel).ConfigureAwait(false);
            await transaction.CommitAsync(cancel).ConfigureAwait(false);
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

    private async Task<bool> HoldAsync(
        NpgsqlConnection connection, int partition, Guid run, CancellationToken cancel)
    {
        await using var hold = Command(Hold, connection, partition, run);
        await using var held = await hold.ExecuteReaderAsync(cancel).ConfigureAwait(false);
        return await held.ReadAsync(cancel).ConfigureAwait(false);
    }

    private async Task CopyAsync(
        NpgsqlConnection connection, int partition, Guid run, int first, List<byte[]> pages,
        CancellationToken cancel)
    {
        await using var import = await connection.BeginBinaryImportAsync(Copy, cancel).ConfigureAwait(false);
        import.Timeout = timeout;
        for (var i = 0; i < pages.Count; i++)
        {
            await import.StartRowAsync(cancel).ConfigureAwait(false);
            await import.WriteAsync((short)partition, NpgsqlDbType.Smallint, cancel).ConfigureAwait(false);
            await import.WriteAsync(run, NpgsqlDbType.Uuid, cancel).ConfigureAwait(false);
            await import.WriteAsync(first + i, NpgsqlDbType.Integer, cancel).ConfigureAwait(false);
            await import.WriteAsync(pages[i], NpgsqlDbType.Bytea, cancel).ConfigureAwait(false);
        }
        await import.CompleteAsync(cancel).ConfigureAwait(false);
    }

    // Puts what is found where its number in the question is.
    private async Task<int> FindAsync(
        string sql, int partition, Guid[] runs, int[]? pages, byte[]?[] found, CancellationToken cancel)
    {
        await using var connection = await source.OpenConnectionAsync(cancel).ConfigureAwait(false);
        await using var command = new NpgsqlCommand(sql, connection) { CommandTimeout = options.CommandSeconds };
        command.Parameters.Add(new NpgsqlParameter<short> { TypedValue = (short)partition });
        command.Parameters.Add(new NpgsqlParameter<Guid[]> { TypedValue = runs });
        if (pages is not null) command.Parameters.Add(new NpgsqlParameter<int[]> { TypedValue = pages });
        await using var reader = await command.ExecuteReaderAsync(cancel).ConfigureAwait(false);
        var count = 0;
        for (; await reader.ReadAsync(cancel).ConfigureAwait(false); count++)
            found[reader.GetInt64(0) - 1] = reader.GetFieldValue<byte[]>(1);
        return count;
    }

    private async Task<PartitionIndexDamagedException> MissingAsync(
        int partition, IndexPageKey key, CancellationToken cancel)
    {
        try
        {
            await ReadHeadersAsync(partition, [key.Run], cancel).ConfigureAwait(false);
            return new PartitionIndexDamagedException(partition, key.Run, $"is missing its page {key.Page}");
        }
        catch (PartitionIndexDamagedException gone)
        {
            return gone;
        }
    }

    private Task<List<(Guid Run, int Last)>> CondemnedAsync(int partition, CancellationToken cancel) =>
        source.ReadAgainIfLostAsync(place, async () =>
        {
            await using var connection = await source.OpenConnectionAsync(cancel).ConfigureAwait(false);
            await using var command = new NpgsqlCommand(FindCondemned, connection)
            {
                CommandTimeout = options.CommandSeconds,
            };
            command.Parameters.Add(new NpgsqlParameter<short> { TypedValue = (short)partition });
            await using var reader = await command.ExecuteReaderAsync(cancel).ConfigureAwait(false);
            var found = new List<(Guid, int)>();
            while (await reader.ReadAsync(cancel).ConfigureAwait(false))
                found.Add((reader.GetGuid(0), reader.IsDBNull(1) ? -1 : reader.GetInt32(1)));
            return found;
        }, cancel);

    private async Task<int> ChangeAsync(
        string sql, int partition, Guid run, CancellationToken cancel, params object[] values)
    {
        try
        {
            await using var connection = await source.OpenConnectionAsync(cancel).ConfigureAwait(false);
            await using var command = Command(sql, connection, partition, run);
            foreach (var value in values) command.Parameters.Add(new NpgsqlParameter { Value = value });
            return await command.ExecuteNonQueryAsync(cancel).ConfigureAwait(false);
        }
        catch (Exception e) when (!cancel.IsCancellationRequested && PostgresFaults.IsFailure(e))
        {
            throw PostgresFaults.Explain(e, place);
        }
    }

    private NpgsqlCommand Command(string sql, NpgsqlConnection connection, int partition, Guid run)
    {
        var command = new NpgsqlCommand(sql, connection) { CommandTimeout = options.CommandSeconds };
        command.Parameters.Add(new NpgsqlParameter<short> { TypedValue = (short)partition });
        command.Parameters.Add(new NpgsqlParameter<Guid> { TypedValue = run });
        return command;
    }
}
