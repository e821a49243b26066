using Npgsql;
using OrleansWallet.Storage.Groups;

namespace OrleansWallet.Storage.Postgres;

/// <summary>A row as the statements of <see cref="PostgresTable"/> answer with it.</summary>
internal static class PostgresRow
{
    /// <summary>The row a reader stands on.</summary>
    public static StoredState Read(NpgsqlDataReader reader, StateKind kind)
    {
        var key = StateKey.IsUuid(kind) ? reader.GetGuid(0).ToString("D") : reader.GetString(0);
        return new StoredState(
            key, reader.GetInt64(1), reader.GetFieldValue<byte[]>(2), reader.GetFieldValue<byte[]>(3));
    }
}
