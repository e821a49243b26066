using Npgsql;
using OrleansWallet.Storage.Partitions;
using OrleansWallet.Testing;

namespace OrleansWallet.Bench;

/// <summary>PostgreSQL servers of the bench's own, a database on each, and what processor time they take.</summary>
internal sealed class PostgresServers : IAsyncDisposable
{
    /// <summary>
    /// As docs/partitions.md says for a server of partitions: memory for what is being written, and few checkpoints.
    /// </summary>
    public static readonly string[] Settings =
    [
        "shared_buffers=4GB", "min_wal_size=4GB", "checkpoint_timeout=15min", "wal_buffers=64MB", "max_connections=300",
    ];

    // So many segments of their journals the servers have at the beginning, as ones that have worked for a while: those
    // behind a checkpoint are written over. Else each of 16 MiB would first be filled with zeros.
    private const int JournalSegments = 256;
    private const string JournalMax = "4GB";
    private const string JournalWhileFilled = "32GB";

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
            for (var i = 0; i < count; i++) await started.AddAsync(JournalSegments / count);
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

    private async Task AddAsync(int segments)
    {
        var server = await PrivatePostgres.StartAsync(Settings);
        servers.Add(server);
        await FillJournalAsync(server.AdminConnectionString, segments);
        databases.Add(await server.CreateDatabaseAsync());
        postmasters.Add(await PostmasterAsync(server.AdminConnectionString));
    }

    private static async Task FillJournalAsync(string address, int segments)
    {
        await using var source = NpgsqlDataSource.Create(address);
        // No checkpoint may come between, or it would have the first segments written over.
        await LimitJournalAsync(source, JournalWhileFilled);
        await using var fill = source.CreateCommand("SELECT pg_logical_emit_message(false, '', ''), pg_switch_wal()");
        for (var i = 0; i < segments; i++) await fill.ExecuteNonQueryAsync();
        await using var checkpoint = source.CreateCommand("CHECKPOINT");
        await checkpoint.ExecuteNonQueryAsync();
        await LimitJournalAsync(source, JournalMax);
    }

    private static async Task LimitJournalAsync(NpgsqlDataSource source, string size)
    {
        foreach (var sql in new[] { $"ALTER SYSTEM SET max_wal_size = '{size}'", "SELECT pg_reload_conf()" })
        {
            await using var command = source.CreateCommand(sql);
            await command.ExecuteNonQueryAsync();
        }
    }

    // A session's process is the postmaster's child.
    private static async Task<int?> PostmasterAsync(string address)
    {
        await using var source = NpgsqlDataSource.Create(address);
        await using var connection = await source.OpenConnectionAsync();
        return ProcessTree.ParentOf(connection.ProcessID);
    }
}
