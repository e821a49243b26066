using System.Net;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using OrleansWallet.Grains;
using OrleansWallet.Ledger;
using OrleansWallet.Partitions;
using OrleansWallet.Storage;
using OrleansWallet.Storage.Partitions;
using OrleansWallet.Storage.Postgres;

namespace OrleansWallet.Bench;

/// <summary>Silos in this process with a ledger in partitions over one PostgreSQL, and a front end over each silo.</summary>
internal sealed class PartitionCluster : IAsyncDisposable
{
    private readonly List<IHost> hosts = [];
    private readonly List<IAsyncDisposable> stores = [];
    private readonly List<PartitionJournals> journals = [];

    /// <summary>A front end over each silo.</summary>
    public List<IWallet> Wallets { get; } = [];

    /// <summary>How many statements, batches and bytes the silos' writers have sent.</summary>
    public (long Groups, long Batches, long Bytes) Written => (
        journals.Sum(each => each.Counts.Groups), journals.Sum(each => each.Counts.Batches),
        journals.Sum(each => each.Counts.Bytes));

    public static async Task<PartitionCluster> StartAsync(
        int silos, int partitions, TransferProtocol protocol, string postgres)
    {
        var cluster = new PartitionCluster();
        var primary = new IPEndPoint(IPAddress.Loopback, BenchCluster.FreePort());
        for (var number = 0; number < silos; number++)
        {
            var port = number == 0 ? primary.Port : BenchCluster.FreePort();
            await cluster.AddAsync(number, port, primary, partitions, protocol, postgres);
        }
        // All partitions begin to work before anything is measured.
        foreach (var host in cluster.hosts)
        {
            var grains = host.Services.GetRequiredService<IGrainFactory>();
            await Task.WhenAll(
                Enumerable.Range(0, partitions).Select(number => grains.GetGrain<IPartitionGrain>(number).Wake()));
        }
        return cluster;
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var host in Enumerable.Reverse(hosts))
        {
            await host.StopAsync();
            host.Dispose();
        }
        foreach (var store in stores) await store.DisposeAsync();
    }

    private async Task AddAsync(
        int number, int port, IPEndPoint primary, int partitions, TransferProtocol protocol, string postgres)
    {
        var store = await PostgresStateStore.OpenAsync(postgres, new StateStoreOptions());
        var journal = await PartitionJournals.OpenAsync(
            [new PartitionServer(0, partitions - 1, postgres)], new PartitionStoreOptions { PartitionCount = partitions });
        stores.AddRange([store, journal]);
        journals.Add(journal);
        var options = new PartitionOptions { Protocol = protocol };
        var builder = Host.CreateApplicationBuilder();
        builder.Logging.ClearProviders();
        builder.UseOrleans(silo =>
        {
            silo.UseLocalhostClustering(port, gatewayPort: 0, primary, "bench", "bench");
            silo.UseInMemoryReminderService();
            silo.AddWalletGrains();
            silo.AddMemoryGrainStorage(LedgerAuditGrain.StorageName);
            silo.Services.AddSingleton(new StripeCount(16));
            silo.Services.AddSingleton(TimeProvider.System);
            silo.Services.AddSingleton<IStateStore>(store);
            silo.Services.AddOptions<WalletClusterOptions>();
            silo.Services.AddSingleton(provider => new PartitionGrainServices(() => new PartitionServices(
                journal, journal,
                new GrainPeers(
                    provider.GetRequiredService<IGrainFactory>(), provider.GetRequiredService<PartitionGrainServices>()),
                options, TimeProvider.System, Console.Error.WriteLine)));
        });
        var host = builder.Build();
        host.Services.GetRequiredService<NodeClock>().Become(number + 1);
        await host.StartAsync();
        hosts.Add(host);
        var readiness = new ClusterReadiness();
        readiness.Ready();
        var grains = host.Services.GetRequiredService<IGrainFactory>();
        Wallets.Add(new PartitionedWallet(
            [
                .. Enumerable.Range(0, partitions).Select(each => new PartitionProxy(
                    grains, each, new WalletClusterOptions(), readiness, TimeProvider.System,
                    host.Services.GetRequiredService<PartitionGrainServices>())),
            ],
            options, queueTransfersMax: 1 << 20, TimeSpan.FromSeconds(10), () => readiness.Now, TimeProvider.System));
    }
}
