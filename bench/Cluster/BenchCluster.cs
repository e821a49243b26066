using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Orleans.Storage;
using OrleansWallet.Grains;
using OrleansWallet.Storage;
using OrleansWallet.Storage.Postgres;

namespace OrleansWallet.Bench;

/// <summary>
/// Silos in this process, with the wallet's grains and the bare ones. In memory both lie in Orleans' memory storage;
/// on PostgreSQL the bare ones in ADO.NET grain storage, the wallet's in its own store. Both sides have the same
/// serializer, the better one of Orleans', and tuned connections.
/// </summary>
internal sealed class BenchCluster : IAsyncDisposable
{
    private const string Invariant = "Npgsql";
    private readonly List<IHost> hosts = [];
    private readonly List<IStateStore> stores = [];

    public IReadOnlyList<IServiceProvider> Silos => [.. hosts.Select(host => host.Services)];

    public static async Task<BenchCluster> StartAsync(int silos, string? postgres)
    {
        var cluster = new BenchCluster();
        var primary = new IPEndPoint(IPAddress.Loopback, FreePort());
        for (var number = 0; number < silos; number++)
            await cluster.AddAsync(number, number == 0 ? primary.Port : FreePort(), primary, postgres);
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

    private async Task AddAsync(int number, int port, IPEndPoint primary, string? postgres)
    {
        var store = postgres is null ? null : await PostgresStateStore.OpenAsync(postgres, new StateStoreOptions());
        if (store is not null) stores.Add(store);
        var builder = Host.CreateApplicationBuilder();
        builder.Logging.ClearProviders();
        builder.UseOrleans(silo =>
        {
            silo.UseLocalhostClustering(port, gatewayPort: 0, primary, "bench", "bench");
            silo.UseInMemoryReminderService();
            silo.AddWalletGrains();
            silo.Services.AddSingleton(new StripeCount(16));
            silo.Services.AddSingleton(TimeProvider.System);
            silo.Services.AddOptions<WalletClusterOptions>();
            silo.AddMemoryGrainStorage(LedgerAuditGrain.StorageName);
            silo.Services.AddSingleton<IGrainStorageSerializer, OrleansGrainStorageSerializer>();
            if (store is null || postgres is null)
            {
                silo.AddMemoryGrainStorage(WalletStorage.Name).AddMemoryGrainStorage(BareAccountGrain.StorageName);
                return;
            }
            silo.Services.AddSingleton<IStateStore>(store);
            silo.AddWalletStorage();
            silo.AddAdoNetGrainStorage(BareAccountGrain.StorageName, options =>
            {
                (options.Invariant, options.ConnectionString) = (Invariant, PostgresConnections.Tuned(postgres));
                options.GrainStorageSerializer = new OrleansGrainStorageSerializer(
                    silo.Services.BuildServiceProvider().GetRequiredService<Orleans.Serialization.Serializer>());
            });
        });
        var host = builder.Build();
        host.Services.GetRequiredService<NodeClock>().Become(number + 1);
        await host.StartAsync();
        hosts.Add(host);
    }

    internal static int FreePort()
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        return ((IPEndPoint?)socket.LocalEndPoint)?.Port ?? 0;
    }
}
