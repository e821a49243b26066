using OrleansWallet.Grains;

namespace OrleansWallet.Silo;

/// <summary>
/// Has this silo's partitions stop before the silo leaves: others, who hear of that first, take them over at once.
/// </summary>
internal sealed class PartitionDrain(
    PartitionGrainServices partitions, PartitionJournalHost journals, IGrainFactory grains, ILocalSiloDetails silo)
    : IHostedLifecycleService
{
    private static readonly TimeSpan DrainMax = TimeSpan.FromSeconds(5);

    /// <inheritdoc/>
    public Task StoppingAsync(CancellationToken cancellationToken) =>
        Task.WhenAny(DrainAsync(), Task.Delay(DrainMax, cancellationToken));

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

    private async Task DrainAsync()
    {
        partitions.Avoid(silo.SiloAddress);
        // Every other silo hears of it by way of its partitions; one that has none places none.
        var here = partitions.Here.ToHashSet();
        await Task.WhenAll(Enumerable.Range(0, journals.Journals.PartitionCount)
            .Where(number => !here.Contains(number)).Select(TellAsync));
        await partitions.StopAsync();
    }

    private async Task TellAsync(int number)
    {
        try
        {
            await grains.GetGrain<IPartitionGrain>(number).Avoid(silo.SiloAddress.ToParsableString());
        }
        catch (Exception)
        {
            // It is a hint: without it a partition comes back here once more, and leaves again.
        }
    }
}
