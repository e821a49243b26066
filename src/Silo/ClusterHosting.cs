using System.Net;
using System.Net.NetworkInformation;
using Orleans.Configuration;
using Orleans.Dashboard;
using OrleansWallet.Grains;
using OrleansWallet.Storage;

namespace OrleansWallet.Silo;

/// <summary>How a process becomes a silo, or a client of the silos.</summary>
internal static class ClusterHosting
{
    private const string Invariant = "Npgsql";
    private const string ServiceId = "orleans-wallet";
    private const int FreePortMin = 20_000;
    private const int FreePortMax = 32_768;

    /// <summary>Makes the process a silo: over PostgreSQL one of several, over SQLite one by itself.</summary>
    public static void UseWalletSilo(this WebApplicationBuilder builder, SiloOptions options)
    {
        var services = builder.Services;
        services.AddSingleton<StateStoreHost>();
        services.AddHostedService(provider => provider.GetRequiredService<StateStoreHost>());
        services.AddSingleton<IStateStore>(provider => provider.GetRequiredService<StateStoreHost>().Store);
        services.AddSingleton(provider => provider.GetRequiredService<StateStoreHost>().Stripes);
        services.AddHostedService<TransactionDrain>();
        builder.UseOrleans(silo =>
        {
            silo.Configure<Orleans.Configuration.ClusterOptions>(cluster => Name(cluster, options));
            silo.Configure<SiloMessagingOptions>(
                messaging => messaging.ResponseTimeout = CallTimes.ResponseTimeout);
            silo.AddWalletGrains().AddWalletStorage().AddDashboard();
            silo.AddStartupTask((provider, _) =>
            {
                provider.GetRequiredService<ClusterReadiness>().Joined();
                return Task.CompletedTask;
            });
            if (options.IsCluster) silo.UsePostgres(options);
            else silo.UseThisMachineAlone(options);
        });
    }

    /// <summary>Makes the process a client of the silos that it finds in the database.</summary>
    public static void UseWalletClient(this WebApplicationBuilder builder, SiloOptions options)
    {
        // It listens, and says that it can't serve yet, while it waits for the first silo.
        builder.Services.Configure<HostOptions>(host => host.ServicesStartConcurrently = true);
        builder.UseOrleansClient(client =>
        {
            client.Configure<Orleans.Configuration.ClusterOptions>(cluster => Name(cluster, options));
            client.Configure<ClientMessagingOptions>(
                messaging => messaging.ResponseTimeout = CallTimes.ResponseTimeout);
            client.Configure<GatewayOptions>(
                gateways => gateways.GatewayListRefreshPeriod = CallTimes.GatewayListRefresh);
            client.UseTransactions();
            client.UseAdoNetClustering(database => (database.Invariant, database.ConnectionString) =
                (Invariant, options.Postgres));
            client.UseConnectionRetryFilter(async (_, cancel) =>
            {
                await Task.Delay(CallTimes.ConnectionRetry, cancel);
                return true;
            });
            client.AddDashboard();
        });
    }

    private static void UsePostgres(this ISiloBuilder silo, SiloOptions options)
    {
        silo.UseAdoNetClustering(database => (database.Invariant, database.ConnectionString) =
            (Invariant, options.Postgres));
        silo.UseAdoNetReminderService(database => (database.Invariant, database.ConnectionString) =
            (Invariant, options.Postgres));
        silo.AddAdoNetGrainStorage(LedgerAuditGrain.StorageName, database =>
            (database.Invariant, database.ConnectionString) = (Invariant, options.Postgres));
        var address = IPAddress.Parse(options.AdvertisedAddress);
        silo.ConfigureEndpoints(
            address, options.SiloPort > 0 ? options.SiloPort : FreePort(),
            options.GatewayPort > 0 ? options.GatewayPort : FreePort(),
            listenOnAnyHostAddress: !IPAddress.IsLoopback(address));
        silo.Configure<ClusterMembershipOptions>(CallTimes.Configure);
        silo.Services.AddSingleton<CrashDetector>();
        silo.Configure<SiloConnectionOptions>(CrashDetector.Watch);
    }

    private static void UseThisMachineAlone(this ISiloBuilder silo, SiloOptions options)
    {
        silo.UseLocalhostClustering(
            options.SiloPort > 0 ? options.SiloPort : FreePort(), options.GatewayPort, serviceId: ServiceId,
            clusterId: options.ClusterId);
        silo.UseInMemoryReminderService();
        // What the audit found is found again by the next one.
        silo.AddMemoryGrainStorage(LedgerAuditGrain.StorageName);
    }

    private static void Name(Orleans.Configuration.ClusterOptions cluster, SiloOptions options) =>
        (cluster.ClusterId, cluster.ServiceId) = (options.ClusterId, ServiceId);

    // Below the range from which the system takes ports for outgoing connections: those would take it meanwhile.
    private static int FreePort()
    {
        var used = IPGlobalProperties.GetIPGlobalProperties().GetActiveTcpListeners().Select(at => at.Port).ToHashSet();
        while (true)
        {
            var port = Random.Shared.Next(FreePortMin, FreePortMax);
            if (!used.Contains(port)) return port;
        }
    }
}
