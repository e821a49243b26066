using Microsoft.Extensions.Options;
using OrleansWallet.Grains;
using OrleansWallet.Ledger;
using OrleansWallet.Partitions;
using OrleansWallet.Storage.Partitions;

namespace OrleansWallet.Silo;

/// <summary>How a process works with a ledger in partitions.</summary>
internal static partial class PartitionHosting
{
    /// <summary>Adds what partitions need, and makes the wallet that of all partitions.</summary>
    public static void UsePartitions(this WebApplicationBuilder builder, SiloOptions options)
    {
        var services = builder.Services;
        services.AddSingleton<PartitionJournalHost>();
        services.AddHostedService(provider => provider.GetRequiredService<PartitionJournalHost>());
        services.AddSingleton(provider => new PartitionGrainServices(() => ServicesOf(provider)));
        services.AddSingleton<IWallet>(WalletOf);
        if (options.Role == SiloRole.Api) return;
        services.AddHostedService<PartitionKeeper>();
        services.AddHostedService<PartitionDrain>();
    }

    private static PartitionServices ServicesOf(IServiceProvider provider)
    {
        var journals = provider.GetRequiredService<PartitionJournalHost>().Journals;
        var log = provider.GetRequiredService<ILogger<PartitionJournalHost>>();
        return new PartitionServices(
            journals, journals, journals,
            new GrainPeers(
                provider.GetRequiredService<IGrainFactory>(), provider.GetRequiredService<PartitionGrainServices>()),
            provider.GetRequiredService<IOptions<PartitionOptions>>().Value,
            provider.GetRequiredService<TimeProvider>(), notice => LogNotice(log, notice));
    }

    private static PartitionedWallet WalletOf(IServiceProvider provider)
    {
        var (grains, options) = (
            provider.GetRequiredService<IGrainFactory>(),
            provider.GetRequiredService<IOptions<WalletClusterOptions>>().Value);
        var (readiness, time) = (
            provider.GetRequiredService<ClusterReadiness>(), provider.GetRequiredService<TimeProvider>());
        var here = provider.GetRequiredService<PartitionGrainServices>();
        // That the ledger has so many is checked when its journals are opened.
        var count = provider.GetRequiredService<IOptions<PartitionStoreOptions>>().Value.PartitionCount;
        return new PartitionedWallet(
            [
                .. Enumerable.Range(0, count)
                    .Select(number => new PartitionProxy(grains, number, options, readiness, time, here)),
            ],
            provider.GetRequiredService<IOptions<PartitionOptions>>().Value, options.QueueTransfersMax,
            TimeSpan.FromSeconds(options.QueueSecondsMax), () => readiness.Now, time);
    }

    [LoggerMessage(1, LogLevel.Warning, "{Notice}")]
    private static partial void LogNotice(ILogger log, string notice);
}
