using System.Globalization;
using Microsoft.Data.Sqlite;

namespace OrleansWallet.Storage.Sqlite;

/// <summary>Brings a database file to this program's schema.</summary>
internal static class SqliteSchema
{
    // SQLite keeps a number in the file's header for the program it belongs to: the letters "OWal".
    private const int ApplicationId = 0x4F57_616C;

    /// <summary>Refuses another program's file before anything in it is changed.</summary>
    /// <exception cref="StorageSetupException">The file is another program's.</exception>
    public static void RequireOwn(SqliteConnection connection)
    {
        var owner = Number(connection, "PRAGMA application_id");
        if (owner == ApplicationId) return;
        if (owner == 0 && Number(connection, "SELECT count(*) FROM sqlite_schema") == 0) return;
        throw new StorageSetupException(
            $"{PlaceOf(connection)} belongs to another program. Choose another directory, or move the file away.");
    }

    /// <summary>Applies what the file lacks, each step in its own transaction.</summary>
    /// <exception cref="StorageSetupException">The schema is newer, or isn't this program's.</exception>
    public static void Migrate(SqliteConnection connection, IReadOnlyList<Migration> known)
    {
        Execute(connection, string.Create(CultureInfo.InvariantCulture, $"PRAGMA application_id = {ApplicationId}"));
        Execute(connection, """
            CREATE TABLE IF NOT EXISTS schema_migration (
                number     INTEGER NOT NULL PRIMARY KEY,
                name       TEXT NOT NULL,
                sha256     TEXT NOT NULL,
                applied_at TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ'))
            ) STRICT
            """);
        foreach (var step in Migration.Lacking(known, ReadApplied(connection), PlaceOf(connection)))
        {
            using var transaction = connection.BeginTransaction();
            Execute(connection, step.Sql);
            Execute(
                connection, "INSERT INTO schema_migration (number, name, sha256) VALUES ($1, $2, $3)",
                step.Number, step.Name, step.Sha256);
            transaction.Commit();
        }
    }

    private static string PlaceOf(SqliteConnection connection) => $"The database {connection.DataSource}";

    private static Dictionary<int, string> ReadApplied(SqliteConnection connection)
    {
        var applied = new Dictionary<int, string>();
        using var command = new SqliteCommand("SELECT number, sha256 FROM schema_migration", connection);
        using var reader = command.ExecuteReader();
        while (reader.Read()) applied.Add(reader.GetInt32(0), reader.GetString(1));
        return applied;
    }

    private static long Number(SqliteConnection connection, string sql)
    {
        using var command = new SqliteCommand(sql, connection);
        return Convert.ToInt64(command.ExecuteScalar(), CultureInfo.InvariantCulture);
    }

    private static void Execute(SqliteConnection connection, string sql, params object[] values)
    {
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        foreach (var (index, value) in values.Index())
            command.Parameters.AddWithValue(string.Create(CultureInfo.InvariantCulture, $"${index + 1}"), value);
        command.ExecuteNonQuery();
    }
}
