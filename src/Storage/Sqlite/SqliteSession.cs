using System.Globalization;
using Microsoft.Data.Sqlite;
using OrleansWallet.Storage.Groups;

namespace OrleansWallet.Storage.Sqlite;

/// <summary>One connection and its statements; one thread at a time.</summary>
internal sealed class SqliteSession : IDisposable
{
    private readonly SqliteConnection connection;
    private readonly Dictionary<StateKind, SqliteTable> tables;

    private SqliteSession(SqliteConnection connection)
    {
        this.connection = connection;
        tables = Enum.GetValues<StateKind>().ToDictionary(kind => kind, kind => new SqliteTable(connection, kind));
    }

    /// <summary>A session that writes, with the schema up to date.</summary>
    /// <exception cref="StorageSetupException">The file can't be used.</exception>
    public static SqliteSession OpenWriter(SqliteDirectory directory, StateStoreOptions options) =>
        Open(directory, options, connection =>
        {
            SqliteSchema.RequireOwn(connection);
            // Full: the log is synced before a commit is answered. Readers go on beside the writer.
            if (Text(connection, "PRAGMA journal_mode = WAL") != "wal")
            {
                throw new StorageSetupException(
                    $"The file system of {directory.DatabasePath} has no shared memory, which a write-ahead log needs. "
                    + "Choose a directory on a local disk.");
            }
            Text(connection, "PRAGMA synchronous = FULL");
            Text(connection, "PRAGMA wal_autocheckpoint = 4000");
            Text(connection, "PRAGMA journal_size_limit = 67108864");
            SqliteSchema.Migrate(connection, Migration.Of("Sqlite"));
        });

    /// <summary>A session that only reads.</summary>
    public static SqliteSession OpenReader(SqliteDirectory directory, StateStoreOptions options) =>
        Open(directory, options, connection => Text(connection, "PRAGMA query_only = ON"));

    /// <summary>Runs something in one transaction, which a failure undoes.</summary>
    public T InTransaction<T>(Func<T> action)
    {
        Text(connection, "BEGIN IMMEDIATE");
        try
        {
            var answer = action();
            Text(connection, "COMMIT");
            return answer;
        }
        catch
        {
            Rollback();
            throw;
        }
    }

    /// <summary>Begins to read: all that follows sees this moment, until the session is disposed of.</summary>
    public void BeginSnapshot()
    {
        Text(connection, "BEGIN");
        // The moment is that of the first table that is read.
        Text(connection, "SELECT count(*) FROM probe");
    }

    /// <summary>The table of a kind.</summary>
    public SqliteTable Table(StateKind kind) => tables[kind];

    /// <summary>Writes rows in one transaction, and tells of each whether its version was right.</summary>
    public bool[] Write(List<StoreRequest> rows) => InTransaction(() =>
        rows.Select(row => tables[row.Key.Kind].TryWrite(row.Key, row.State)).ToArray());

    /// <summary>Runs a statement, and answers with its first value as text.</summary>
    public string? Text(string sql, params ReadOnlySpan<string> values) => Text(connection, sql, values);

    public void Dispose()
    {
        foreach (var table in tables.Values) table.Dispose();
        connection.Dispose();
    }

    private static SqliteSession Open(
        SqliteDirectory directory, StateStoreOptions options, Action<SqliteConnection> prepare)
    {
        SqliteConnection? connection = null;
        try
        {
            connection = directory.Connect(options.CommandSeconds);
            prepare(connection);
            return new SqliteSession(connection);
        }
        catch (SqliteException e) when (SqliteFaults.IsSetup(e))
        {
            connection?.Dispose();
            throw SqliteFaults.ExplainSetup(e, directory.DatabasePath);
        }
        catch
        {
            connection?.Dispose();
            throw;
        }
    }

    private static string? Text(SqliteConnection connection, string sql, params ReadOnlySpan<string> values)
    {
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        for (var index = 0; index < values.Length; index++)
        {
            command.Parameters.AddWithValue(
                string.Create(CultureInfo.InvariantCulture, $"${index + 1}"), values[index]);
        }
        return Convert.ToString(command.ExecuteScalar(), CultureInfo.InvariantCulture);
    }

    private void Rollback()
    {
        try
        {
            Text(connection, "ROLLBACK");
        }
        catch (SqliteException)
        {
            // SQLite has undone it by itself, as it does after a full disk; the caller hears of the first failure.
        }
    }
}
