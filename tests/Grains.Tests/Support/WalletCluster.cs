using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Orleans.Configuration;
using Orleans.TestingHost;
using OrleansWallet.Storage;
using OrleansWallet.Storage.Postgres;
using OrleansWallet.Storage.Sqlite;

namespace OrleansWallet.Grains.Tests.Support;

// Silos in this process over one store, and a front end over the cluster's client and over each silo.
internal sealed class WalletCluster : IAsyncDisposable
{
    // As the host sets it.
    private static readonly TimeSpan ResponseTimeout = TimeSpan.FromSeconds(10);

    private readonly string? directory;
    private readonly TestSettings settings;
    private readonly List<ClusterWallet> wallets = [];
    private int silosStarted;

    private WalletCluster(TestSettings settings, IStateStore store, string? directory)
    {
        (this.settings, this.directory, Store) = (settings, directory, store);
        SiloStore = settings.Wrap(store);
        var builder = new InProcessTestClusterBuilder(settings.Silos);
        builder.Options.ConfigureFileLogging = false;
        builder.ConfigureSilo((_, silo) => Configure(silo));
        builder.ConfigureClient(client =>
        {
            client.UseTransactions();
            client.Configure<ClientMessagingOptions>(messaging => messaging.ResponseTimeout = ResponseTimeout);
        });
        Cluster = builder.Build();
    }

    public InProcessTestCluster Cluster { get; }

    // The store itself, and as the silos see it.
    public IStateStore Store { get; }
    public IStateStore SiloStore { get; }

    // One over the client, then one over each silo.
    public IReadOnlyList<ClusterWallet> FrontEnds => wallets;

    public ClusterWallet Wallet => wallets[0];

    public ITransactionClient Transactions => Cluster.Client.ServiceProvider.GetRequiredService<ITransactionClient>();

    public static async Task<WalletCluster> StartAsync(TestSettings? settings = null)
    {
        settings ??= new TestSettings();
        var directory = settings.Postgres is null ? Directory.CreateTempSubdirectory("wallet-grains-").FullName : null;
        IStateStore store = settings.Postgres is { } postgres
            ? await PostgresStateStore.OpenAsync(postgres, new StateStoreOptions(), CancellationToken.None)
            : await SqliteStateStore.OpenAsync(directory ?? "", new StateStoreOptions(), CancellationToken.None);
        var cluster = new WalletCluster(settings, store, directory);
        await cluster.Cluster.DeployAsync();
        cluster.wallets.Add(cluster.NewWallet(cluster.Cluster.Client));
        foreach (var silo in cluster.Cluster.Silos)
            cluster.wallets.Add(cluster.NewWallet(silo.ServiceProvider.GetRequiredService<IGrainFactory>()));
        return cluster;
    }

    // Ends a silo in the middle of what it does; the others learn of it as if their probes had told them.
    public async Task KillAsync(InProcessSiloHandle silo)
    {
        await Cluster.KillSiloAsync(silo);
        Assert.True(await Service<IClusterMembershipService>().TryKill(silo.SiloAddress));
    }

    // A grain's record, in a transaction of its own.
    public async Task<TRecord?> ReadAsync<TRecord>(Func<IGrainFactory, Task<TRecord?>> read) where TRecord : class
    {
        var record = default(TRecord);
        await Transactions.RunTransaction(
            TransactionOption.Create, async () => { record = await read(Cluster.Client); });
        return record;
    }

    // Services of the first silo that runs.
    public T Service<T>() where T : notnull => Cluster.Silos[0].ServiceProvider.GetRequiredService<T>();

    public async ValueTask DisposeAsync()
    {
        foreach (var wallet in wallets) wallet.Dispose();
        await Cluster.DisposeAsync();
        await Store.DisposeAsync();
        if (directory is not null) Directory.Delete(directory, recursive: true);
    }

    private ClusterWallet NewWallet(IGrainFactory grains)
    {
        var readiness = new ClusterReadiness();
        readiness.Ready();
        return new ClusterWallet(grains, Options.Create(settings.Options), readiness, TimeProvider.System);
    }

    private void Configure(ISiloBuilder silo)
    {
        var number = Interlocked.Increment(ref silosStarted);
        silo.AddWalletGrains().AddWalletStorage();
        silo.UseInMemoryReminderService();
        silo.AddMemoryGrainStorage(LedgerAuditGrain.StorageName);
        silo.Configure<SiloMessagingOptions>(messaging => messaging.ResponseTimeout = ResponseTimeout);
        // A pause of the process stops all silos alike, and one that is declared dead meanwhile ends the process, with all
        // tests in it. So probes are patient; a test that kills a silo tells the others.
        silo.Configure<ClusterMembershipOptions>(membership =>
        {
            membership.ProbeTimeout = TimeSpan.FromSeconds(30);
            membership.TableRefreshTimeout = TimeSpan.FromSeconds(2);
        });
        var services = silo.Services;
        // Not by a factory: the host would dispose of the store with the first silo that stops.
        services.AddSingleton(SiloStore);
        services.AddSingleton(new StripeCount(settings.Stripes));
        services.AddSingleton(Options.Create(settings.Options));
        if (number <= settings.Skews.Length)
            services.AddSingleton<TimeProvider>(new ShiftedTime(settings.Skews[number - 1]));
        silo.AddStartupTask((provider, _) =>
        {
            provider.GetRequiredService<NodeClock>().Become(number);
            return Task.CompletedTask;
        });
        settings.ConfigureSilo(silo);
    }
}
