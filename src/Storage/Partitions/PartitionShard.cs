using Npgsql;
using OrleansWallet.Storage.Postgres;

namespace OrleansWallet.Storage.Partitions;

/// <summary>What one server has of the ledger: journals, snapshots and indexes of its partitions.</summary>
internal sealed class PartitionShard : IAsyncDisposable
{
    private readonly NpgsqlDataSource writes;
    private readonly NpgsqlDataSource source;

    /// <summary>A server of the ledger whose facts were checked.</summary>
    public PartitionShard(PartitionServer server, Guid ledgerId, PartitionStoreOptions options)
    {
        // Two pools: however many partitions are read at once, their writer never waits for a connection.
        writes = PostgresConnections.ForPartitions(server.ConnectionString, options.CommandSeconds, options.WritersMax);
        source = PostgresConnections.ForPartitions(server.ConnectionString, options.CommandSeconds, options.ReadersMax);
        Journal = new PostgresPartitionJournal(ledgerId, server.First, server.Last, writes, source, options);
        Index = new PostgresPartitionIndex(source, options);
        Snapshots = new PostgresPartitionSnapshots(Journal, Index, source, options);
    }

    public PostgresPartitionJournal Journal { get; }

    public PostgresPartitionSnapshots Snapshots { get; }

    public PostgresPartitionIndex Index { get; }

    /// <summary>Writes what waits, and closes the connections.</summary>
    public async ValueTask DisposeAsync()
    {
        await Journal.CloseAsync().ConfigureAwait(false);
        Snapshots.Dispose();
        Index.Dispose();
        await writes.DisposeAsync().ConfigureAwait(false);
        await source.DisposeAsync().ConfigureAwait(false);
    }
}
