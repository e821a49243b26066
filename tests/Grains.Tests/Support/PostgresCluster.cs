using OrleansWallet.Testing;

namespace OrleansWallet.Grains.Tests.Support;

// Three silos over a PostgreSQL server of their own; nothing where there can be none.
public sealed class PostgresCluster : IAsyncLifetime
{
    private PrivatePostgres? server;
    private WalletCluster? cluster;

    internal SharedCluster Shared { get; } = new();

    public async Task InitializeAsync()
    {
        if (PrivatePostgres.WhyMissing is not null) return;
        server = await PrivatePostgres.StartAsync();
        cluster = await WalletCluster.StartAsync(
            new TestSettings { Postgres = await server.CreateDatabaseAsync() });
        Shared.Use(cluster);
    }

    public async Task DisposeAsync()
    {
        if (cluster is not null) await cluster.DisposeAsync();
        if (server is not null) await server.DisposeAsync();
    }
}
