using Npgsql;
using OrleansWallet.Storage.Postgres;
using OrleansWallet.Storage.Tests.Support;
using OrleansWallet.Testing;
using Xunit.Abstractions;

namespace OrleansWallet.Storage.Tests;

[Collection(PostgresCollection.Name)]
public sealed class PostgresFailureTests(PostgresServer server, ITestOutputHelper output)
{
    [PostgresFact]
    public async Task No_store_that_was_answered_is_lost_when_sessions_are_killed()
    {
        var connectionString = await server.Running.CreateDatabaseAsync();
        await using var store = await OpenAsync(connectionString);
        var writers = new CheckedWriters(store, StateKind.Transfer, writerCount: 64);

        await writers.RunAsync(5_000, disturbances: 10, () => server.Running.KillSessionsAsync(connectionString));

        Assert.NotEqual(0, writers.Failed);
        output.WriteLine($"{writers.Answered} stores answered, {writers.Failed} failed and looked up");
    }

    [PostgresFact]
    public async Task No_store_that_was_answered_is_lost_when_the_server_crashes()
    {
        await using var store = await OpenAsync(await server.Running.CreateDatabaseAsync());
        var writers = new CheckedWriters(store, StateKind.Account, writerCount: 64);

        await writers.RunAsync(3_000, disturbances: 4, () => server.Running.RestartAsync(immediate: true));

        Assert.NotEqual(0, writers.Failed);
        output.WriteLine($"{writers.Answered} stores answered, {writers.Failed} failed and looked up");
    }

    [PostgresFact]
    public async Task A_load_over_a_killed_session_is_done_over_another()
    {
        var connectionString = await server.Running.CreateDatabaseAsync();
        await using var store = await OpenAsync(connectionString);
        await store.StoreAsync(StateKind.Account, Rows.Of("a", 1, 5));
        for (var round = 0; round < 10; round++)
        {
            await server.Running.KillSessionsAsync(connectionString);
            Rows.AssertSame(Rows.Of("a", 1, 5), await store.LoadAsync(StateKind.Account, "a"));
        }
    }

    [PostgresFact]
    public async Task While_the_server_is_down_all_is_refused_and_after_it_all_goes_on()
    {
        await using var store = await OpenAsync(await server.Running.CreateDatabaseAsync());
        await store.StoreAsync(StateKind.Account, Rows.Of("a", 1));
        await using var snapshot = await store.OpenSnapshotAsync();
        await server.Running.StopAsync();
        try
        {
            await Assert.ThrowsAsync<StateUnavailableException>(() => store.CheckAsync());
            await Assert.ThrowsAsync<StateUnavailableException>(() => store.LoadAsync(StateKind.Account, "a"));
            await Assert.ThrowsAsync<StateUnavailableException>(() => store.NextNodeAsync());
            await Assert.ThrowsAsync<StateUnavailableException>(() => store.OpenSnapshotAsync());
            await Assert.ThrowsAsync<StateUnavailableException>(() => snapshot.FindAsync(StateKind.Account, "a"));
            await Assert.ThrowsAsync<StateUnavailableException>(
                () => store.StoreAsync(StateKind.Account, Rows.Of("a", 2)));
        }
        finally
        {
            await server.Running.StartAgainAsync();
        }

        await store.CheckAsync();
        await store.StoreAsync(StateKind.Account, Rows.Of("a", 2));
        await using var later = await store.OpenSnapshotAsync();
        Assert.Equal(2, (await later.FindAsync(StateKind.Account, "a"))?.Version);
    }

    [PostgresFact]
    public async Task A_group_that_takes_too_long_fails_for_all_its_members()
    {
        var connectionString = await server.Running.CreateDatabaseAsync();
        await using var store = await OpenAsync(connectionString, new StateStoreOptions { CommandSeconds = 1 });
        await using var source = NpgsqlDataSource.Create(connectionString);
        await using (var connection = await source.OpenConnectionAsync())
        await using (var transaction = await connection.BeginTransactionAsync())
        {
            await using var command = new NpgsqlCommand("LOCK TABLE account", connection, transaction);
            await command.ExecuteNonQueryAsync();
            var stores = Enumerable.Range(0, 20).Select(number => store.StoreAsync(
                StateKind.Account, Rows.Of(Rows.KeyOf(StateKind.Account, number), 1))).ToList();
            foreach (var task in stores)
            {
                var failed = await Assert.ThrowsAsync<StateUnavailableException>(() => task);
                Assert.False(failed.IsOutcomeKnown);
            }
        }

        // Nothing is left of them, nor in the way of the next.
        await store.StoreAsync(StateKind.Account, Rows.Of(Rows.KeyOf(StateKind.Account, 0), 1));
        Assert.Null(await store.LoadAsync(StateKind.Account, Rows.KeyOf(StateKind.Account, 1)));
    }

    [PostgresFact]
    public async Task A_group_whose_commit_fails_fails_for_all_its_members()
    {
        var connectionString = await server.Running.CreateDatabaseAsync();
        await using var store = await OpenAsync(connectionString);
        await store.StoreAsync(StateKind.Account, Rows.Of("good", 1));
        await using var source = NpgsqlDataSource.Create(connectionString);
        // It lets each row pass and refuses at the commit, after the answers to the statements were sent.
        await using (var command = source.CreateCommand("""
            CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'refused'; END $$;
            CREATE CONSTRAINT TRIGGER late AFTER INSERT ON transfer DEFERRABLE INITIALLY DEFERRED
            FOR EACH ROW EXECUTE FUNCTION refuse();
            """))
        {
            await command.ExecuteNonQueryAsync();
        }

        var failed = await Assert.ThrowsAsync<StateUnavailableException>(
            () => store.StoreAsync(StateKind.Transfer, Rows.Of(Rows.Id(1), 1)));

        Assert.Contains("refused", failed.Message, StringComparison.Ordinal);
        Assert.Null(await store.LoadAsync(StateKind.Transfer, Rows.Id(1)));
        await store.StoreAsync(StateKind.Account, Rows.Of("good", 2));
    }

    [PostgresFact]
    public async Task The_check_finds_that_the_database_is_read_only()
    {
        var connectionString = await server.Running.CreateDatabaseAsync();
        await using var store = await OpenAsync(connectionString);
        await AlterAsync(connectionString, "default_transaction_read_only = on");
        await server.Running.KillSessionsAsync(connectionString);

        // The first check meets the killed session; from then on it is the database itself that refuses.
        await Assert.ThrowsAsync<StateUnavailableException>(() => store.CheckAsync());
        var refused = await Assert.ThrowsAsync<StateUnavailableException>(() => store.CheckAsync());

        Assert.Contains("read-only", refused.Message, StringComparison.Ordinal);
    }

    [PostgresFact]
    public async Task A_database_that_answers_before_it_is_durable_is_refused()
    {
        foreach (var setting in new[] { "off", "local", "remote_write" })
        {
            var connectionString = await server.Running.CreateDatabaseAsync();
            await AlterAsync(connectionString, $"synchronous_commit = {setting}");

            var refused = await Assert.ThrowsAsync<StorageSetupException>(() => OpenAsync(connectionString));

            Assert.Contains($"synchronous_commit {setting}", refused.Message, StringComparison.Ordinal);
        }
    }

    [PostgresFact]
    public async Task What_is_wrong_with_the_connection_is_said_and_the_password_is_not()
    {
        var right = new NpgsqlConnectionStringBuilder(await server.Running.CreateDatabaseAsync());
        var password = new NpgsqlConnectionStringBuilder(right.ConnectionString) { Password = "secret!" };
        var database = new NpgsqlConnectionStringBuilder(right.ConnectionString) { Database = "none" };
        var port = new NpgsqlConnectionStringBuilder(right.ConnectionString) { Port = 1 };

        var refused = await Assert.ThrowsAsync<StorageSetupException>(() => OpenAsync(password.ConnectionString));
        var missing = await Assert.ThrowsAsync<StorageSetupException>(() => OpenAsync(database.ConnectionString));
        var away = await Assert.ThrowsAsync<StateUnavailableException>(() => OpenAsync(port.ConnectionString));
        await Assert.ThrowsAsync<StorageSetupException>(() => OpenAsync("Hots=a;Username=b"));
        await Assert.ThrowsAsync<StorageSetupException>(() => OpenAsync("nonsense"));

        Assert.Contains("user and password", refused.Message, StringComparison.Ordinal);
        Assert.Contains("none at 127.0.0.1", missing.Message, StringComparison.Ordinal);
        Assert.Contains("127.0.0.1:1", away.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("secret!", refused.ToString(), StringComparison.Ordinal);
    }

    private static async Task<IStateStore> OpenAsync(string connectionString, StateStoreOptions? options = null) =>
        await PostgresStateStore.OpenAsync(connectionString, options ?? new StateStoreOptions());

    private Task AlterAsync(string connectionString, string setting) => server.Running.ExecuteAsync(
        $"ALTER DATABASE {new NpgsqlConnectionStringBuilder(connectionString).Database} SET {setting}");
}
