using System.Globalization;
using Microsoft.Extensions.Options;
using OrleansWallet.Grains;
using OrleansWallet.Ledger;
using OrleansWallet.Storage;
using OrleansWallet.Storage.Postgres;
using OrleansWallet.Storage.Sqlite;

namespace OrleansWallet.Silo;

/// <summary>
/// Opens the state store before the silo starts, and closes it after the silo has stopped. What is fixed for ever in
/// a ledger is fixed or compared here.
/// </summary>
internal sealed partial class StateStoreHost(
    IOptions<SiloOptions> silo, IOptions<StateStoreOptions> limits, IOptions<WalletClusterOptions> cluster,
    IServiceProvider services, ILogger<StateStoreHost> log) : IHostedLifecycleService, IAsyncDisposable
{
    private const string StripesFact = "settlement-stripes";
    private IStateStore? store;
    private StripeCount? stripes;

    /// <summary>The store, once it is open.</summary>
    public IStateStore Store => store ?? throw new InvalidOperationException("The state store is not open.");

    /// <summary>How many stripes this ledger's settlement accounts have.</summary>
    public StripeCount Stripes => stripes ?? throw new InvalidOperationException("The state store is not open.");

    /// <inheritdoc/>
    public async Task StartingAsync(CancellationToken cancellationToken)
    {
        store = silo.Value.Postgres is { Length: > 0 } postgres
            ? await PostgresStateStore.OpenAsync(postgres, limits.Value, cancellationToken)
            : await SqliteStateStore.OpenAsync(silo.Value.DataDirectory, limits.Value, cancellationToken);
        LogOpened(silo.Value.IsCluster ? "PostgreSQL" : Path.GetFullPath(silo.Value.DataDirectory));
        var asked = cluster.Value.SettlementStripes.ToString(CultureInfo.InvariantCulture);
        var fixedFor = await store.FixAsync(StripesFact, asked, cancellationToken);
        stripes = new StripeCount(int.Parse(fixedFor, CultureInfo.InvariantCulture));
        if (fixedFor != asked) LogStripes(fixedFor, asked);
        var node = await store.NextNodeAsync(cancellationToken);
        services.GetRequiredService<NodeClock>().Become((int)(node % HybridTime.NodesMax));
    }

    /// <inheritdoc/>
    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <inheritdoc/>
    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <inheritdoc/>
    public Task StoppingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <inheritdoc/>
    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <inheritdoc/>
    public async Task StoppedAsync(CancellationToken cancellationToken) => await DisposeAsync();

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (store is not null) await store.DisposeAsync();
    }

    [LoggerMessage(1, LogLevel.Information, "The ledger lies in {Place}.")]
    private partial void LogOpened(string place);

    [LoggerMessage(2, LogLevel.Warning,
        "This ledger was made with {Fixed} stripes a settlement account; that {Asked} are configured changes nothing.")]
    private partial void LogStripes(string @fixed, string asked);
}
