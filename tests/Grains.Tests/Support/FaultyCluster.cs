namespace OrleansWallet.Grains.Tests.Support;

// Two silos whose store and whose grains' calls fail as a test plans it.
public sealed class FaultyCluster : IAsyncLifetime
{
    private WalletCluster? cluster;

    internal WalletCluster Cluster => cluster ?? throw new InvalidOperationException("It was not started.");

    internal FaultyStore Store => (FaultyStore)Cluster.SiloStore;

    internal FaultyCalls Calls { get; } = new();

    public async Task InitializeAsync() => cluster = await WalletCluster.StartAsync(new TestSettings
    {
        Silos = 2,
        Wrap = inner => new FaultyStore(inner),
        ConfigureSilo = silo => silo.AddIncomingGrainCallFilter(Calls),
    });

    public async Task DisposeAsync()
    {
        if (cluster is not null) await cluster.DisposeAsync();
    }
}
