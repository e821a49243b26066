using Npgsql;
using OrleansWallet.Storage.Partitions;
using OrleansWallet.Testing;

namespace OrleansWallet.Storage.Tests.Support;

/// <summary>A database with a ledger's partitions, and a way to do to it what no program of ours does.</summary>
internal sealed class PartitionPlace(PostgresServer server, string connectionString)
{
    public string ConnectionString { get; } = connectionString;

    public static async Task<PartitionPlace> NewAsync(PostgresServer server) =>
        new(server, await server.Running.CreateDatabaseAsync());

    /// <summary>The partitions as a process opens them, on one server.</summary>
    public Task<PartitionJournals> OpenAsync(PartitionStoreOptions? options = null)
    {
        options ??= new PartitionStoreOptions();
        return PartitionJournals.OpenAsync(
            [new PartitionServer(0, options.PartitionCount - 1, ConnectionString)], options);
    }

    public async Task<int> ExecuteAsync(string sql)
    {
        await using var source = NpgsqlDataSource.Create(ConnectionString);
        await using var command = source.CreateCommand(sql);
        return await command.ExecuteNonQueryAsync();
    }

    public async Task<long> CountAsync(string sql)
    {
        await using var source = NpgsqlDataSource.Create(ConnectionString);
        await using var command = source.CreateCommand(sql);
        return await command.ExecuteScalarAsync() is long count ? count : throw new InvalidOperationException(sql);
    }

    /// <summary>Holds a table until it is disposed of, so that whoever writes to it waits.</summary>
    public async Task<IAsyncDisposable> LockAsync(string table)
    {
        var connection = await ConnectAsync();
        await using var command = new NpgsqlCommand($"BEGIN; LOCK TABLE {table} IN SHARE MODE", connection);
        await command.ExecuteNonQueryAsync();
        return connection;
    }

    /// <summary>A session of its own, which ends when it is disposed of.</summary>
    public async Task<NpgsqlConnection> ConnectAsync()
    {
        var connection = new NpgsqlConnection(ConnectionString + ";Pooling=false");
        await connection.OpenAsync();
        return connection;
    }

    /// <summary>Waits until so many sessions of the database wait for a lock.</summary>
    public async Task WaitForLockedAsync(int sessions)
    {
        while (await CountAsync("""
            SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'
            """) < sessions)
            await Task.Delay(10);
    }

    public Task KillSessionsAsync() => server.Running.KillSessionsAsync(ConnectionString);
}
