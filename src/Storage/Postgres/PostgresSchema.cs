using Npgsql;

namespace OrleansWallet.Storage.Postgres;

/// <summary>Brings a database to this program's schema.</summary>
public static class PostgresSchema
{
    // Any fixed number does, as long as nothing else in the database locks it: the letters "OrlWllet".
    private const long LockNumber = 0x4F72_6C57_6C6C_6574;
    private const int LockSeconds = 120;

    /// <summary>
    /// Applies what the database lacks, each step in its own transaction. Many processes may do so at once: one works,
    /// the others wait for it and find nothing left.
    /// </summary>
    /// <exception cref="StorageSetupException">The schema is newer, or isn't this program's.</exception>
    /// <exception cref="StateUnavailableException">The database can't be reached now.</exception>
    public static Task MigrateAsync(NpgsqlDataSource source, CancellationToken cancel = default) =>
        MigrateAsync(source, Migration.Of("Postgres"), cancel);

    internal static async Task MigrateAsync(
        NpgsqlDataSource source, IReadOnlyList<Migration> known, CancellationToken cancel)
    {
        var place = PostgresConnections.PlaceOf(source);
        try
        {
            await using var connection = await source.OpenConnectionAsync(cancel).ConfigureAwait(false);
            await ExecuteAsync(connection, "SELECT pg_advisory_lock($1)", cancel, LockNumber).ConfigureAwait(false);
            try
            {
                var applied = await ReadAppliedAsync(connection, cancel).ConfigureAwait(false);
                foreach (var step in Migration.Lacking(known, applied, place))
                    await ApplyAsync(connection, step, cancel).ConfigureAwait(false);
            }
            finally
            {
                // The connection goes back to its pool with its session, and the lock is the session's.
                await UnlockAsync(connection).ConfigureAwait(false);
            }
        }
        catch (Exception e) when (PostgresFaults.IsFailure(e) && !cancel.IsCancellationRequested)
        {
            throw PostgresFaults.Explain(e, place);
        }
    }

    private static async Task<Dictionary<int, string>> ReadAppliedAsync(
        NpgsqlConnection connection, CancellationToken cancel)
    {
        await ExecuteAsync(connection, """
            CREATE TABLE IF NOT EXISTS schema_migration (
                number     integer PRIMARY KEY,
                name       text NOT NULL,
                sha256     text NOT NULL,
                applied_at timestamptz NOT NULL DEFAULT now()
            )
            """, cancel).ConfigureAwait(false);
        var applied = new Dictionary<int, string>();
        await using var command = new NpgsqlCommand("SELECT number, sha256 FROM schema_migration", connection);
        await using var reader = await command.ExecuteReaderAsync(cancel).ConfigureAwait(false);
        while (await reader.ReadAsync(cancel).ConfigureAwait(false))
            applied.Add(reader.GetInt32(0), reader.GetString(1));
        return applied;
    }

    private static async Task ApplyAsync(NpgsqlConnection connection, Migration step, CancellationToken cancel)
    {
        await using var transaction = await connection.BeginTransactionAsync(cancel).ConfigureAwait(false);
        await ExecuteAsync(connection, step.Sql, cancel).ConfigureAwait(false);
        await ExecuteAsync(
            connection, "INSERT INTO schema_migration (number, name, sha256) VALUES ($1, $2, $3)", cancel,
            step.Number, step.Name, step.Sha256).ConfigureAwait(false);
        await transaction.CommitAsync(cancel).ConfigureAwait(false);
    }

    private static async Task ExecuteAsync(
        NpgsqlConnection connection, string sql, CancellationToken cancel, params object[] values)
    {
        await using var command = new NpgsqlCommand(sql, connection) { CommandTimeout = LockSeconds };
        foreach (var value in values) command.Parameters.Add(new NpgsqlParameter { Value = value });
        await command.ExecuteNonQueryAsync(cancel).ConfigureAwait(false);
    }

    private static async Task UnlockAsync(NpgsqlConnection connection)
    {
        if (connection.FullState != System.Data.ConnectionState.Open) return;
        await ExecuteAsync(connection, "SELECT pg_advisory_unlock($1)", CancellationToken.None, LockNumber)
            .ConfigureAwait(false);
    }
}
