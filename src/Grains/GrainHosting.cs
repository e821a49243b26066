using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Orleans.Configuration;
using Orleans.Runtime.Hosting;
using Orleans.Transactions.Abstractions;
using OrleansWallet.Ledger;

namespace OrleansWallet.Grains;

/// <summary>Puts the wallet's grains into a silo, and its front end into any host of Orleans.</summary>
public static class GrainHosting
{
    // A transfer's grain is asked again within seconds or hardly ever; its activation needs not stay for long.
    private static readonly TimeSpan TransferStays = TimeSpan.FromSeconds(20);
    private static readonly TimeSpan CollectionEvery = TimeSpan.FromSeconds(5);

    /// <summary>Adds what the grains need; the host registers <see cref="StripeCount"/>.</summary>
    public static ISiloBuilder AddWalletGrains(this ISiloBuilder silo)
    {
        silo.UseTransactions();
        var services = silo.Services;
        services.AddSingleton(provider =>
        {
            var options = provider.GetRequiredService<IOptions<WalletClusterOptions>>().Value;
            return new NodeClock(
                provider.GetRequiredService<TimeProvider>(), TimeSpan.FromSeconds(options.ClockSkewSecondsMax));
        });
        services.AddSingleton<TransferProcess>();
        services.AddSingleton<StatusChangeProcess>();
        services.AddSingleton<Transactions>();
        services.AddSingleton<EventReader>();
        services.AddSingleton<LedgerAudit>();
        services.AddSingleton(typeof(StateCodec<>));
        services.AddSingleton<ManagerRows>();
        silo.AddGrainDirectory(EverywhereDirectory.Name, static (_, _) => new EverywhereDirectory());
        services.AddPlacementDirector<PartitionPlacement, PartitionPlacementDirector>();
        services.Configure<GrainCollectionOptions>(collection =>
        {
            collection.CollectionQuantum = CollectionEvery;
            foreach (var type in new[] { typeof(TransferGrain), typeof(StatusChangeGrain) })
                collection.ClassSpecificCollectionAge[type.FullName ?? type.Name] = TransferStays;
        });
        // A wallet's transaction takes milliseconds. Whoever holds a lock for seconds is a silo that died: the others
        // wait for it no longer than a caller would, and what was prepared asks its manager soon.
        services.Configure<TransactionalStateOptions>(state =>
        {
            state.LockTimeout = TimeSpan.FromSeconds(4);
            state.LockAcquireTimeout = TimeSpan.FromSeconds(5);
            // A participant whose silo sends it away just now says nothing: this is what callers feel of it.
            state.PrepareTimeout = TimeSpan.FromSeconds(3);
            state.RemoteTransactionPingFrequency = TimeSpan.FromSeconds(2);
            state.ConfirmationRetryDelay = TimeSpan.FromSeconds(1);
        });
        return silo;
    }

    /// <summary>Keeps the grains' states in the state store that the host registered, and has it audited.</summary>
    public static ISiloBuilder AddWalletStorage(this ISiloBuilder silo)
    {
        silo.Services.AddKeyedSingleton<ITransactionalStateStorageFactory>(
            WalletStorage.Name, (provider, _) => ActivatorUtilities.CreateInstance<WalletStorage>(provider));
        return silo.AddStartupTask((provider, _) =>
            provider.GetRequiredService<IGrainFactory>().GetGrain<ILedgerAuditGrain>(0).Begin());
    }

    /// <summary>Adds the wallet that a front end talks to, on a silo or on a client of the cluster.</summary>
    public static IServiceCollection AddClusterWallet(this IServiceCollection services)
    {
        services.AddSingleton<ClusterReadiness>();
        services.AddSingleton<ClusterWallet>();
        services.AddSingleton<IWallet>(provider => provider.GetRequiredService<ClusterWallet>());
        return services;
    }
}
