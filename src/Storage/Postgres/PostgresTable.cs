using System.Diagnostics;

namespace OrleansWallet.Storage.Postgres;

/// <summary>The statements over one kind's table.</summary>
internal sealed class PostgresTable
{
    private static readonly PostgresTable Account = new("account", "text");
    private static readonly PostgresTable Transfer = new("transfer", "uuid");
    private static readonly PostgresTable StatusChange = new("status_change", "uuid");

    private PostgresTable(string name, string keyType)
    {
        Store = $"""
            WITH sent AS MATERIALIZED (
                SELECT * FROM unnest($1::{keyType}[], $2::bigint[], $3::bytea[], $4::bytea[])
                    AS sent (key, version, state, pending)
            ), changed AS (
                UPDATE {name} AS held SET version = sent.version, state = sent.state, pending = sent.pending
                FROM sent WHERE sent.version > 1 AND held.key = sent.key AND held.version = sent.version - 1
                RETURNING held.key
            ), added AS (
                INSERT INTO {name} (key, version, state, pending)
                SELECT key, version, state, pending FROM sent WHERE version = 1
                ON CONFLICT (key) DO NOTHING
                RETURNING key
            )
            SELECT ARRAY(SELECT key FROM changed UNION ALL SELECT key FROM added)
            """;
        Load = $"SELECT key, version, state, pending FROM {name} WHERE key = ANY ($1::{keyType}[])";
        Find = $"SELECT key, version, state, pending FROM {name} WHERE key = $1";
        Scan = $"SELECT key, version, state, pending FROM {name}";
    }

    /// <summary>Writes rows, given as four arrays, and answers with one array: the keys of those it wrote.</summary>
    public string Store { get; }

    /// <summary>Reads the rows of an array of keys.</summary>
    public string Load { get; }

    /// <summary>Reads the row of a key.</summary>
    public string Find { get; }

    /// <summary>Reads all rows.</summary>
    public string Scan { get; }

    /// <summary>The table of a kind.</summary>
    public static PostgresTable Of(StateKind kind) => kind switch
    {
        StateKind.Account => Account,
        StateKind.Transfer => Transfer,
        StateKind.StatusChange => StatusChange,
        _ => throw new UnreachableException($"There is no kind {kind}."),
    };
}
