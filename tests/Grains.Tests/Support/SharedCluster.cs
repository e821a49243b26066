namespace OrleansWallet.Grains.Tests.Support;

// The cluster of the tests that need nothing of their own; each uses accounts of its own.
public sealed class SharedCluster : IAsyncLifetime
{
    private WalletCluster? cluster;

    internal WalletCluster Cluster => cluster ?? throw new InvalidOperationException("It was not started.");

    // Another one instead, which goes with its owner.
    internal void Use(WalletCluster other) => cluster = other;

    public async Task InitializeAsync() => cluster = await WalletCluster.StartAsync();

    public async Task DisposeAsync()
    {
        if (cluster is not null) await cluster.DisposeAsync();
    }

    [CollectionDefinition(Name)]
    public sealed class Users : ICollectionFixture<SharedCluster>;

    public const string Name = "shared cluster";
}
