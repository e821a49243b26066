using Microsoft.Extensions.Options;
using OrleansWallet.Storage.Partitions;

namespace OrleansWallet.Silo;

/// <summary>Opens the partitions' journals before the silo starts, and closes them after it has stopped.</summary>
internal sealed class PartitionJournalHost(IOptions<SiloOptions> silo, IOptions<PartitionStoreOptions> limits)
    : IHostedLifecycleService, IAsyncDisposable
{
    private PartitionJournals? journals;

    /// <summary>The journals, once they are open.</summary>
    public PartitionJournals Journals =>
        journals ?? throw new InvalidOperationException("The partitions' journals are not open.");

    /// <inheritdoc/>
    public async Task StartingAsync(CancellationToken cancellationToken) =>
        journals = await PartitionJournals.OpenAsync(
            silo.Value.PartitionServersOf(limits.Value.PartitionCount), limits.Value, cancellationToken);

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
        if (journals is not null) await journals.DisposeAsync();
    }
}
