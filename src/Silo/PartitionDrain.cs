using OrleansWallet.Grains;

namespace OrleansWallet.Silo;

/// <summary>Has this silo's partitions stop before the silo leaves: others take them over at once.</summary>
internal sealed class PartitionDrain(PartitionGrainServices partitions) : IHostedLifecycleService
{
    private static readonly TimeSpan DrainMax = TimeSpan.FromSeconds(5);

    /// <inheritdoc/>
    public Task StoppingAsync(CancellationToken cancellationToken) =>
        Task.WhenAny(partitions.StopAsync(), Task.Delay(DrainMax, cancellationToken));

    /// <inheritdoc/>
    public Task StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <inheritdoc/>
    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <inheritdoc/>
    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <inheritdoc/>
    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <inheritdoc/>
    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
