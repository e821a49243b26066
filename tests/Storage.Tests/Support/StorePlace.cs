using OrleansWallet.Storage.Postgres;
using OrleansWallet.Storage.Sqlite;
using OrleansWallet.Testing;

namespace OrleansWallet.Storage.Tests.Support;

/// <summary>An empty place for a store, gone when the test is.</summary>
internal sealed class StorePlace : IDisposable
{
    private readonly string? connectionString;
    private readonly string? directory;

    private StorePlace(string? connectionString, string? directory)
    {
        this.connectionString = connectionString;
        this.directory = directory;
    }

    public static async Task<StorePlace> NewAsync(Database database, PostgresServer server) =>
        database is Database.Postgres
            ? new StorePlace(await server.Running.CreateDatabaseAsync(), null)
            : new StorePlace(null, Directory.CreateTempSubdirectory("wallet-storage-tests-").FullName);

    public async Task<IStateStore> OpenAsync(StateStoreOptions? options = null) => directory is null
        ? await PostgresStateStore.OpenAsync(connectionString ?? "", options ?? new StateStoreOptions())
        : await SqliteStateStore.OpenAsync(directory, options ?? new StateStoreOptions());

    public void Dispose()
    {
        if (directory is not null) Directory.Delete(directory, recursive: true);
    }
}
