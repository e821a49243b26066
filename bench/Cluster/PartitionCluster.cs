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

/// <summary>How a ledger in partitions is laid out, and with how many accounts; null: as many as usual.</summary>
internal sealed record PartitionLayout(
    int Partitions, TransferProtocol Protocol = TransferProtocol.Tcc, int Silos = 1, int Servers = 1, int Loops = 1,
    int? Accounts = null)
{
    /// <summary>How transfers between two partitions go: all in one commit, or by a protocol.</summary>
    public string Name => (Silos, Servers, Loops) switch
    {
        (1, 1, 1) => "together",
        (_, _, > 1) => $"{Protocol} apart",
        _ => $"{Protocol}",
    };
}

/// <summary>Silos in this process with a ledger in partitions, and a front end over each silo.</summary>
internal sealed class PartitionCluster : IAsyncDisposable
{
    private readonly int partitions;
    private readonly PartitionOptions options;
    private readonly PostgresServers servers;
    private readonly List<IHost> hosts = [];
    private readonly List<IAsyncDisposable> stores = [];
    private readonly List<PartitionJournals> journals = [];

    /// <summary>A front end over each silo.</summary>
    public List<IWallet> Wallets { get; } = [];

    private PartitionCluster(PartitionLayout layout, PostgresServers servers)
    {
        (partitions, this.servers) = (layout.Partitions, servers);
        options = new PartitionOptions { Protocol = layout.Protocol, PartitionLoops = layout.Loops };
    }

    /// <summary>What the silos' writers have sent.</summary>
    public PartitionWriterCounts Written => new(
        journals.Sum(each => each.Counts.Groups), journals.Sum(each => each.Counts.Batches),
        journals.Sum(each => each.Counts.Bytes));

    public static async Task<PartitionCluster> StartAsync(PartitionLayout layout, PostgresServers servers)
    {
        var cluster = new PartitionCluster(layout, servers);
        var primary = new IPEndPoint(IPAddress.Loopback, BenchCluster.FreePort());
        for (var number = 0; number < layout.Silos; number++)
            await cluster.AddAsync(number, number == 0 ? primary.Port : BenchCluster.FreePort(), primary);
        // All silos know of each other, and all partitions begin to work, before anything is measured.
        foreach (var host in cluster.hosts)
        {
            var grains = host.Services.GetRequiredService<IGrainFactory>();
            while ((await grains.GetGrain<IManagementGrain>(0).GetHosts(onlyActive: true)).Count < layout.Silos)
                await Task.Delay(100);
        }
        if (layout.Silos > 1) await Task.Delay(TimeSpan.FromSeconds(2));
        foreach (var host in cluster.hosts)
        {
            var grains = host.Services.GetRequiredService<IGrainFactory>();
            await Task.WhenAll(Enumerable.Range(0, layout.Partitions)
                .Select(number => grains.GetGrain<IPartitionGrain>(number).Wake()));
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

    private async Task AddAsync(int number, int port, IPEndPoint primary)
    {
        var store = await PostgresStateStore.OpenAsync(servers.Database, new StateStoreOptions());
        var journal = await PartitionJournals.OpenAsync(
            servers.Share(partitions), new PartitionStoreOptions { PartitionCount = partitions });
        stores.AddRange([store, journal]);
        journals.Add(journal);
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
                journal, journal, journal,
                new GrainPeers(
                    provider.GetRequiredService<IGrainFactory>(),
                    provider.GetRequiredService<PartitionGrainServices>()),
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
