using Npgsql;
using OrleansWallet.Storage.Postgres;
using OrleansWallet.Storage.Tests.Support;
using OrleansWallet.Testing;

namespace OrleansWallet.Storage.Tests;

[Collection(PostgresCollection.Name)]
public sealed class PostgresSchemaTests(PostgresServer server)
{
    [PostgresFact]
    public async Task An_empty_database_gets_every_step_once_however_often_it_is_asked_for()
    {
        await using var source = await EmptyAsync();

        await PostgresSchema.MigrateAsync(source);
        await PostgresSchema.MigrateAsync(source);

        await AssertCompleteAsync(source);
    }

    [PostgresFact]
    public async Task Eight_at_once_apply_every_step_once()
    {
        await using var source = await EmptyAsync();

        await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Task.Run(() => PostgresSchema.MigrateAsync(source))));

        await AssertCompleteAsync(source);
    }

    [PostgresFact]
    public async Task A_newer_schema_is_refused()
    {
        await using var source = await EmptyAsync();
        await PostgresSchema.MigrateAsync(source);
        await ExecuteAsync(source, "INSERT INTO schema_migration (number, name, sha256) VALUES (9000, 'later', '')");

        var refused = await Assert.ThrowsAsync<StorageSetupException>(() => PostgresSchema.MigrateAsync(source));

        Assert.Contains("newer", refused.Message, StringComparison.Ordinal);
    }

    [PostgresFact]
    public async Task A_step_that_was_changed_after_it_was_applied_is_refused()
    {
        await using var source = await EmptyAsync();
        await PostgresSchema.MigrateAsync(source);
        await ExecuteAsync(source, "UPDATE schema_migration SET sha256 = 'other' WHERE number = 1");

        var refused = await Assert.ThrowsAsync<StorageSetupException>(() => PostgresSchema.MigrateAsync(source));

        Assert.Contains("0001_state", refused.Message, StringComparison.Ordinal);
    }

    [PostgresFact]
    public async Task A_step_that_fails_leaves_nothing_of_itself_and_holds_up_nobody()
    {
        await using var source = await EmptyAsync();
        var known = Migration.Of("Postgres");
        var broken = Migration.Parse("0099_broken", "CREATE TABLE half (id int); SELECT 1 / 0;");

        await Assert.ThrowsAsync<StateUnavailableException>(
            () => PostgresSchema.MigrateAsync(source, [.. known, broken], CancellationToken.None));
        await PostgresSchema.MigrateAsync(source);

        await AssertCompleteAsync(source);
        Assert.Equal(0L, await ScalarAsync(source, "SELECT count(*) FROM pg_class WHERE relname = 'half'"));
    }

    [PostgresFact]
    public async Task An_update_of_a_row_touches_no_index()
    {
        var connectionString = await server.Running.CreateDatabaseAsync();
        await using (var store = await PostgresStateStore.OpenAsync(connectionString, new StateStoreOptions()))
        {
            for (var version = 1; version <= 50; version++)
                await store.StoreAsync(StateKind.Account, Rows.Of("a", version));
        }
        await using var source = NpgsqlDataSource.Create(connectionString);

        // The statistics of a session are there once it has ended.
        await server.Running.KillSessionsAsync(connectionString);

        var hot = await ScalarAsync(source, "SELECT n_tup_hot_upd FROM pg_stat_user_tables WHERE relname = 'account'");
        Assert.Equal(49L, hot);
    }

    private static async Task AssertCompleteAsync(NpgsqlDataSource source)
    {
        Assert.Equal(
            (long)Migration.Of("Postgres").Count, await ScalarAsync(source, "SELECT count(*) FROM schema_migration"));
        Assert.Equal(0L, await ScalarAsync(source, "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'"));
        Assert.Equal(0L, await ScalarAsync(source, "SELECT count(*) FROM account"));
    }

    private async Task<NpgsqlDataSource> EmptyAsync() =>
        NpgsqlDataSource.Create(PostgresConnections.Tuned(await server.Running.CreateDatabaseAsync()));

    private static async Task ExecuteAsync(NpgsqlDataSource source, string sql)
    {
        await using var command = source.CreateCommand(sql);
        await command.ExecuteNonQueryAsync();
    }

    private static async Task<object?> ScalarAsync(NpgsqlDataSource source, string sql)
    {
        await using var command = source.CreateCommand(sql);
        return await command.ExecuteScalarAsync();
    }
}
