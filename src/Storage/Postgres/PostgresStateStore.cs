using Npgsql;
using OrleansWallet.Storage.Groups;

namespace OrleansWallet.Storage.Postgres;

/// <summary>The grains' states in PostgreSQL, which all silos of a cluster share.</summary>
public sealed class PostgresStateStore : IStateStore
{
    private readonly NpgsqlDataSource commands;
    private readonly NpgsqlDataSource snapshots;
    private readonly StateStoreOptions options;
    private readonly StateQueues queues;
    private readonly string place;

    private PostgresStateStore(NpgsqlDataSource commands, NpgsqlDataSource snapshots, StateStoreOptions options)
    {
        this.commands = commands;
        this.snapshots = snapshots;
        this.options = options;
        place = PostgresConnections.PlaceOf(commands);
        var groups = new PostgresGroups(commands, options);
        queues = new StateQueues(
            options, options.WritersMax, options.LoadersMax, groups.StoreAsync, groups.LoadAsync);
    }

    /// <summary>Connects, and brings the schema up to date.</summary>
    /// <exception cref="StorageSetupException">The database can't be used as it is.</exception>
    /// <exception cref="StateUnavailableException">The database can't be reached now.</exception>
    public static async Task<PostgresStateStore> OpenAsync(
        string connectionString, StateStoreOptions options, CancellationToken cancel = default)
    {
        var commands = PostgresConnections.ForCommands(connectionString, options.Checked());
        try
        {
            await PostgresSchema.MigrateAsync(commands, cancel).ConfigureAwait(false);
            var snapshots = PostgresConnections.ForSnapshots(connectionString, options);
            return new PostgresStateStore(commands, snapshots, options);
        }
        catch
        {
            await commands.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <inheritdoc/>
    public Task<StoredState?> LoadAsync(StateKind kind, string key, CancellationToken cancel = default) =>
        queues.LoadAsync(kind, key, cancel);

    /// <inheritdoc/>
    public Task StoreAsync(StateKind kind, StoredState state, CancellationToken cancel = default) =>
        queues.StoreAsync(kind, state, cancel);

    /// <inheritdoc/>
    public async Task<IStateSnapshot> OpenSnapshotAsync(CancellationToken cancel = default) =>
        await PostgresSnapshot.OpenAsync(snapshots, options, cancel).ConfigureAwait(false);

    /// <inheritdoc/>
    public async Task CheckAsync(CancellationToken cancel = default)
    {
        using var limited = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        limited.CancelAfter(TimeSpan.FromSeconds(options.CheckSeconds));
        try
        {
            await ScalarAsync<int>("""
                INSERT INTO probe (id, checked_at) VALUES (1, now())
                ON CONFLICT (id) DO UPDATE SET checked_at = now() RETURNING id
                """, options.CheckSeconds, [], limited.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException e) when (!cancel.IsCancellationRequested)
        {
            throw PostgresFaults.Explain(e, place);
        }
    }

    /// <inheritdoc/>
    public Task<long> NextNodeAsync(CancellationToken cancel = default) => ScalarAsync<long>("""
        INSERT INTO ledger_counter AS held (name, value) VALUES ('node', 1)
        ON CONFLICT (name) DO UPDATE SET value = held.value + 1 RETURNING value
        """, options.CommandSeconds, [], cancel);

    /// <inheritdoc/>
    public Task<string> FixAsync(string name, string value, CancellationToken cancel = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        ArgumentNullException.ThrowIfNull(value);
        // The update changes nothing, but answers with the row that another process may just have committed.
        return ScalarAsync<string>("""
            INSERT INTO ledger_fact AS held (name, value) VALUES ($1, $2)
            ON CONFLICT (name) DO UPDATE SET value = held.value RETURNING value
            """, options.CommandSeconds, [name, value], cancel);
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await queues.CloseAsync().ConfigureAwait(false);
        await commands.DisposeAsync().ConfigureAwait(false);
        await snapshots.DisposeAsync().ConfigureAwait(false);
    }

    private async Task<T> ScalarAsync<T>(string sql, int seconds, string[] values, CancellationToken cancel)
    {
        try
        {
            await using var connection = await commands.OpenConnectionAsync(cancel).ConfigureAwait(false);
            await using var command = new NpgsqlCommand(sql, connection) { CommandTimeout = seconds };
            foreach (var value in values) command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = value });
            await using var reader = await command.ExecuteReaderAsync(cancel).ConfigureAwait(false);
            await reader.ReadAsync(cancel).ConfigureAwait(false);
            var answer = reader.GetFieldValue<T>(0);
            while (await reader.NextResultAsync(cancel).ConfigureAwait(false))
            {
                // Read to the end: the commit's outcome comes last.
            }
            return answer;
        }
        catch (Exception e) when (!cancel.IsCancellationRequested && PostgresFaults.IsFailure(e))
        {
            if (PostgresFaults.IsLostConnection(e)) commands.Clear();
            throw PostgresFaults.Explain(e, place);
        }
    }
}
