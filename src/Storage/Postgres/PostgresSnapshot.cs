using System.Data;
using System.Globalization;
using System.Runtime.CompilerServices;
using Npgsql;
using OrleansWallet.Storage.Groups;

namespace OrleansWallet.Storage.Postgres;

/// <summary>A transaction that reads, and sees what its first statement saw.</summary>
internal sealed class PostgresSnapshot : IStateSnapshot
{
    private const int FetchRows = 500;
    private readonly NpgsqlConnection connection;
    private readonly NpgsqlTransaction transaction;
    private readonly string place;
    private readonly int commandSeconds;
    private int cursors;

    private PostgresSnapshot(
        NpgsqlConnection connection, NpgsqlTransaction transaction, string place, int commandSeconds)
    {
        this.connection = connection;
        this.transaction = transaction;
        this.place = place;
        this.commandSeconds = commandSeconds;
    }

    /// <summary>Opens one on a connection of its own.</summary>
    public static async Task<PostgresSnapshot> OpenAsync(
        NpgsqlDataSource source, StateStoreOptions options, CancellationToken cancel)
    {
        var place = PostgresConnections.PlaceOf(source);
        NpgsqlConnection? connection = null;
        try
        {
            connection = await source.OpenConnectionAsync(cancel).ConfigureAwait(false);
            var transaction = await connection.BeginTransactionAsync(IsolationLevel.RepeatableRead, cancel)
                .ConfigureAwait(false);
            var snapshot = new PostgresSnapshot(connection, transaction, place, options.CommandSeconds);
            // The moment is that of the first query; before it the transaction has seen nothing.
            await snapshot.ExecuteAsync("SET TRANSACTION READ ONLY", cancel).ConfigureAwait(false);
            await snapshot.ExecuteAsync("SELECT 1", cancel).ConfigureAwait(false);
            return snapshot;
        }
        catch (Exception e) when (!cancel.IsCancellationRequested && PostgresFaults.IsFailure(e))
        {
            if (connection is not null) await connection.DisposeAsync().ConfigureAwait(false);
            if (PostgresFaults.IsLostConnection(e)) source.Clear();
            throw PostgresFaults.Explain(e, place);
        }
        catch
        {
            if (connection is not null) await connection.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    public async IAsyncEnumerable<StoredState> ScanAsync(
        StateKind kind, [EnumeratorCancellation] CancellationToken cancel = default)
    {
        // A cursor, not one long answer: between two fetches the connection is free for a look-up.
        var cursor = string.Create(CultureInfo.InvariantCulture, $"scan_{++cursors}");
        await ExplainedAsync(
            () => ExecuteAsync($"DECLARE {cursor} NO SCROLL CURSOR FOR {PostgresTable.Of(kind).Scan}", cancel), cancel)
            .ConfigureAwait(false);
        while (true)
        {
            var rows = await ExplainedAsync(() => FetchAsync(cursor, kind, cancel), cancel).ConfigureAwait(false);
            foreach (var row in rows) yield return row;
            if (rows.Count == FetchRows) continue;
            await ExplainedAsync(() => ExecuteAsync($"CLOSE {cursor}", cancel), cancel).ConfigureAwait(false);
            yield break;
        }
    }

    public Task<StoredState?> FindAsync(StateKind kind, string key, CancellationToken cancel = default)
    {
        var checkedKey = StateKey.Of(kind, key);
        return ExplainedAsync(() => FindRowAsync(checkedKey, cancel), cancel);
    }

    public async ValueTask DisposeAsync()
    {
        try
        {
            await transaction.DisposeAsync().ConfigureAwait(false);
        }
        catch (Exception e) when (PostgresFaults.IsFailure(e))
        {
            // It has only read; a lost connection has ended it as well.
        }
        await connection.DisposeAsync().ConfigureAwait(false);
    }

    private async Task<int> ExecuteAsync(string sql, CancellationToken cancel)
    {
        await using var command = Command(sql);
        return await command.ExecuteNonQueryAsync(cancel).ConfigureAwait(false);
    }

    private async Task<List<StoredState>> FetchAsync(string cursor, StateKind kind, CancellationToken cancel)
    {
        var rows = new List<StoredState>(FetchRows);
        await using var command = Command($"FETCH {FetchRows} FROM {cursor}");
        await using var reader = await command.ExecuteReaderAsync(cancel).ConfigureAwait(false);
        while (await reader.ReadAsync(cancel).ConfigureAwait(false)) rows.Add(PostgresRow.Read(reader, kind));
        return rows;
    }

    private async Task<StoredState?> FindRowAsync(StateKey key, CancellationToken cancel)
    {
        await using var command = Command(PostgresTable.Of(key.Kind).Find);
        command.Parameters.Add(StateKey.IsUuid(key.Kind)
            ? new NpgsqlParameter<Guid> { TypedValue = key.Id }
            : new NpgsqlParameter<string> { TypedValue = key.Text });
        await using var reader = await command.ExecuteReaderAsync(cancel).ConfigureAwait(false);
        return await reader.ReadAsync(cancel).ConfigureAwait(false) ? PostgresRow.Read(reader, key.Kind) : null;
    }

    private NpgsqlCommand Command(string sql) =>
        new(sql, connection, transaction) { CommandTimeout = commandSeconds };

    private async Task<T> ExplainedAsync<T>(Func<Task<T>> read, CancellationToken cancel)
    {
        try
        {
            return await read().ConfigureAwait(false);
        }
        catch (Exception e) when (!cancel.IsCancellationRequested && PostgresFaults.IsFailure(e))
        {
            throw PostgresFaults.Explain(e, place);
        }
    }
}
