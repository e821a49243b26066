using Microsoft.Data.Sqlite;
using OrleansWallet.Storage.Groups;
using OrleansWallet.Storage.Sqlite;
using OrleansWallet.Storage.Tests.Support;

namespace OrleansWallet.Storage.Tests;

public sealed class SqliteFileTests : IDisposable
{
    private readonly string root = Directory.CreateTempSubdirectory("wallet-storage-tests-").FullName;

    public void Dispose() => Directory.Delete(root, recursive: true);

    [Fact]
    public async Task A_missing_directory_is_made()
    {
        var path = Path.Combine(root, "a", "b");

        await using var store = await OpenAsync(path);

        Assert.True(File.Exists(Path.Combine(path, "wallet.db")));
    }

    [Fact]
    public async Task What_a_crash_leaves_has_all_that_was_answered()
    {
        var path = Path.Combine(root, "live");
        var image = Directory.CreateDirectory(Path.Combine(root, "image")).FullName;
        await using var store = await OpenAsync(path);
        await Task.WhenAll(Enumerable.Range(0, 500).Select(number =>
            store.StoreAsync(StateKind.Transfer, Rows.Of(Rows.Id(number), 1, number))));

        // The files as they are while the store is open: what it left to do at its end isn't done.
        foreach (var name in new[] { "wallet.db", "wallet.db-wal" })
            File.Copy(Path.Combine(path, name), Path.Combine(image, name));

        await using var recovered = await OpenAsync(image);
        for (var number = 0; number < 500; number++)
        {
            var row = await recovered.LoadAsync(StateKind.Transfer, Rows.Id(number));
            Rows.AssertSame(Rows.Of(Rows.Id(number), 1, number), row);
        }
    }

    [Fact]
    public async Task A_second_opener_is_refused_until_the_first_has_closed()
    {
        var first = await OpenAsync(root);
        var refused = await Assert.ThrowsAsync<StorageSetupException>(() => OpenAsync(root));
        Assert.Contains(root, refused.Message, StringComparison.Ordinal);
        Assert.Contains("another process", refused.Message, StringComparison.Ordinal);
        await first.DisposeAsync();
        await first.DisposeAsync();

        await using var second = await OpenAsync(root);
    }

    [Fact]
    public async Task A_directory_that_cannot_be_made_is_named()
    {
        var file = Path.Combine(root, "file");
        await File.WriteAllTextAsync(file, "");

        await AssertRefusedAsync(Path.Combine(file, "below"), Path.Combine(file, "below"));
    }

    [Fact]
    public async Task A_directory_that_may_not_be_written_is_named()
    {
        // A privileged user may write everywhere but in the kernel's own file systems.
        if (!OperatingSystem.IsLinux()) return;

        await AssertRefusedAsync("/proc/self/fdinfo", "/proc/self/fdinfo");
    }

    [Fact]
    public async Task A_file_that_is_no_database_is_named_and_left_as_it_is()
    {
        var garbage = new byte[10_000];
        new Random(1).NextBytes(garbage);
        await File.WriteAllBytesAsync(DatabasePath, garbage);

        await AssertRefusedAsync(root, "not a database");

        Assert.Equal(garbage, await File.ReadAllBytesAsync(DatabasePath));
        File.Delete(DatabasePath);
        await using var store = await OpenAsync(root);
    }

    [Fact]
    public async Task Another_programs_database_is_refused_and_left_as_it_is()
    {
        Execute("CREATE TABLE notes (id INTEGER)");
        var before = await File.ReadAllBytesAsync(DatabasePath);

        await AssertRefusedAsync(root, "another program");

        Assert.Equal(before, await File.ReadAllBytesAsync(DatabasePath));
    }

    [Fact]
    public async Task A_newer_schema_is_refused()
    {
        await (await OpenAsync(root)).DisposeAsync();
        Execute("INSERT INTO schema_migration (number, name, sha256) VALUES (9000, 'later', '')");

        await AssertRefusedAsync(root, "newer");
    }

    [Fact]
    public async Task A_step_that_was_changed_after_it_was_applied_is_refused()
    {
        await (await OpenAsync(root)).DisposeAsync();
        Execute("UPDATE schema_migration SET sha256 = 'other'");

        await AssertRefusedAsync(root, "0001_state");
    }

    [Fact]
    public async Task While_another_program_holds_the_file_stores_and_checks_fail_and_then_go_on()
    {
        await using var store = await OpenAsync(root, new StateStoreOptions { CommandSeconds = 1, CheckSeconds = 1 });
        await using (var other = new SqliteConnection($"Data Source={DatabasePath};Pooling=False"))
        {
            await other.OpenAsync();
            await using var command = other.CreateCommand();
            command.CommandText = "BEGIN IMMEDIATE";
            await command.ExecuteNonQueryAsync();

            await Assert.ThrowsAsync<StateUnavailableException>(() => store.CheckAsync());
            await Assert.ThrowsAsync<StateUnavailableException>(
                () => store.StoreAsync(StateKind.Account, Rows.Of("a", 1)));
            Assert.Null(await store.LoadAsync(StateKind.Account, "a"));
        }

        await store.StoreAsync(StateKind.Account, Rows.Of("a", 1));
        await store.CheckAsync();
    }

    [Fact]
    public void A_group_that_does_not_fit_on_the_disk_leaves_nothing_and_the_next_that_fits_is_written()
    {
        using var directory = SqliteDirectory.Open(root);
        using var session = SqliteSession.OpenWriter(directory, new StateStoreOptions());
        session.Text("PRAGMA max_page_count = 30");
        var small = Request("small", 10);

        var full = Assert.Throws<SqliteException>(
            () => session.Write([Request("first", 10), Request("large", 1 << 20)]));

        Assert.False(SqliteFaults.IsLasting(full));
        Assert.Contains("no room", SqliteFaults.Explain(full, "here"), StringComparison.Ordinal);
        Assert.Equal([true], session.Write([small]));
        Assert.Null(session.Table(StateKind.Account).Find(StateKey.Of(StateKind.Account, "first")));
        Rows.AssertSame(small.State, session.Table(StateKind.Account).Find(small.Key));
    }

    [Fact]
    public void Every_commit_is_synced()
    {
        using var directory = SqliteDirectory.Open(root);
        using var session = SqliteSession.OpenWriter(directory, new StateStoreOptions());

        Assert.Equal("wal", session.Text("PRAGMA journal_mode"));
        Assert.Equal("2", session.Text("PRAGMA synchronous"));
    }

    private string DatabasePath => Path.Combine(root, "wallet.db");

    private static Task<SqliteStateStore> OpenAsync(string path, StateStoreOptions? options = null) =>
        SqliteStateStore.OpenAsync(path, options ?? new StateStoreOptions());

    private static async Task AssertRefusedAsync(string path, string reason)
    {
        var refused = await Assert.ThrowsAsync<StorageSetupException>(() => OpenAsync(path));
        Assert.Contains(path, refused.Message, StringComparison.Ordinal);
        Assert.Contains(reason, refused.Message, StringComparison.Ordinal);
    }

    private static StoreRequest Request(string key, int size) =>
        new(StateKey.Of(StateKind.Account, key), new StoredState(key, 1, new byte[size], default));

    private void Execute(string sql)
    {
        using var connection = new SqliteConnection($"Data Source={DatabasePath};Pooling=False");
        connection.Open();
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        command.ExecuteNonQuery();
    }
}
