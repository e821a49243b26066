using System.Diagnostics;
using System.Runtime.InteropServices;
using Microsoft.Data.Sqlite;
using OrleansWallet.Storage.Groups;

namespace OrleansWallet.Storage.Sqlite;

/// <summary>One kind's table on one connection, with its statements prepared when they are first used.</summary>
internal sealed class SqliteTable : IDisposable
{
    private readonly StateKind kind;
    private readonly SqliteCommand insert;
    private readonly SqliteCommand update;
    private readonly SqliteCommand find;
    private readonly SqliteCommand scan;

    public SqliteTable(SqliteConnection connection, StateKind kind)
    {
        this.kind = kind;
        var name = NameOf(kind);
        insert = Command(connection, $"""
            INSERT INTO {name} (key, version, state, pending) VALUES ($key, $version, $state, $pending)
            ON CONFLICT (key) DO NOTHING
            """, "$key", "$version", "$state", "$pending");
        update = Command(connection, $"""
            UPDATE {name} SET version = $version, state = $state, pending = $pending
            WHERE key = $key AND version = $version - 1
            """, "$key", "$version", "$state", "$pending");
        find = Command(connection, $"SELECT key, version, state, pending FROM {name} WHERE key = $key", "$key");
        scan = Command(connection, $"SELECT key, version, state, pending FROM {name}");
    }

    /// <summary>Writes a row; false where the row there has another version.</summary>
    public bool TryWrite(StateKey key, StoredState row)
    {
        var command = row.Version == 1 ? insert : update;
        command.Parameters[0].Value = ValueOf(key);
        command.Parameters[1].Value = row.Version;
        command.Parameters[2].Value = ArrayOf(row.State);
        command.Parameters[3].Value = ArrayOf(row.Pending);
        return command.ExecuteNonQuery() == 1;
    }

    /// <summary>Reads the row of a key.</summary>
    public StoredState? Find(StateKey key)
    {
        find.Parameters[0].Value = ValueOf(key);
        using var reader = find.ExecuteReader();
        return reader.Read() ? RowOf(reader) : null;
    }

    /// <summary>Begins to read all rows.</summary>
    public SqliteDataReader Scan() => scan.ExecuteReader();

    /// <summary>The row a reader stands on.</summary>
    public StoredState RowOf(SqliteDataReader reader)
    {
        var key = StateKey.IsUuid(kind)
            ? new Guid(reader.GetFieldValue<byte[]>(0), bigEndian: true).ToString("D") : reader.GetString(0);
        return new StoredState(
            key, reader.GetInt64(1), reader.GetFieldValue<byte[]>(2), reader.GetFieldValue<byte[]>(3));
    }

    public void Dispose()
    {
        insert.Dispose();
        update.Dispose();
        find.Dispose();
        scan.Dispose();
    }

    private static string NameOf(StateKind kind) => kind switch
    {
        StateKind.Account => "account",
        StateKind.Transfer => "transfer",
        StateKind.StatusChange => "status_change",
        _ => throw new UnreachableException($"There is no kind {kind}."),
    };

    private static object ValueOf(StateKey key) =>
        StateKey.IsUuid(key.Kind) ? key.Id.ToByteArray(bigEndian: true) : key.Text;

    private static byte[] ArrayOf(ReadOnlyMemory<byte> bytes) =>
        MemoryMarshal.TryGetArray(bytes, out var part) && part.Array is { } array && part.Count == array.Length
            ? array : bytes.ToArray();

    private static SqliteCommand Command(SqliteConnection connection, string sql, params string[] parameters)
    {
        var command = connection.CreateCommand();
        command.CommandText = sql;
        foreach (var name in parameters) command.Parameters.Add(new SqliteParameter { ParameterName = name });
        return command;
    }
}
