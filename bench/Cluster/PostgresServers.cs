using Npgsql;
using OrleansWallet.Storage.Partitions;
using OrleansWallet.Testing;

namespace OrleansWallet.Bench;

/// <summary>PostgreSQL servers of the bench's own, a database on each, and what processor time they take.</summary>
internal sealed class PostgresServers : IAsyncDisposable
{
    private readonly List<PrivatePostgres> servers = [];
    private readonly List<string> databases = [];
    private readonly List<int?> postmasters = [];

    private PostgresServers()
    {
    }

    public int Count => servers.Count;

    /// <summary>The connection string of the first one's database.</summary>
    public string Database => databases[0];

    /// <summary>The processor time of all their processes so far; null where it can't be seen.</summary>
    public TimeSpan? ProcessorTime => postmasters.Aggregate(
        (TimeSpan?)TimeSpan.Zero,
        (sum, postmaster) => sum + (postmaster is { } process ? ProcessTree.ProcessorTimeOf(process) : null));

    public static async Task<PostgresServers> StartAsync(int count = 1)
    {
        var started = new PostgresServers();
        try
        {
            for (var i = 0; i < count; i++) await started.AddAsync();
            return started;
        }
        catch
        {
            await started.DisposeAsync();
            throw;
        }
    }

    /// <summary>Deals out so many partitions over them, in ranges.</summary>
    public PartitionServer[] Share(int partitions) =>
    [
        .. databases.Select((database, i) => new PartitionServer(
            i * partitions / Count, (i + 1) * partitions / Count - 1, database)),
    ];

    public async ValueTask DisposeAsync()
    {
        foreach (var server in servers) await server.DisposeAsync();
    }

    private async Task AddAsync()
    {
        var server = await PrivatePostgres.StartAsync();
        servers.Add(server);
        databases.Add(await server.CreateDatabaseAsync());
        postmasters.Add(await PostmasterAsync(server.AdminConnectionString));
    }

    // A session's process is the postmaster's child.
    private static async Task<int?> PostmasterAsync(string address)
    {
        await using var source = NpgsqlDataSource.Create(address);
        await using var connection = await source.OpenConnectionAsync();
        return ProcessTree.ParentOf(connection.ProcessID);
    }
}
