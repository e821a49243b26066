using OrleansWallet.Grains;

namespace OrleansWallet.Silo;

/// <summary>
/// Keeps every partition active somewhere: one that nobody calls may have transfers under way, and others wait for it.
/// </summary>
internal sealed class PartitionKeeper(
    IGrainFactory grains, PartitionJournalHost journals, IHostApplicationLifetime life) : BackgroundService
{
    private static readonly TimeSpan Every = TimeSpan.FromSeconds(1);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(stoppingToken, life.ApplicationStopping);
        var started = new TaskCompletionSource();
        await using var registration = life.ApplicationStarted.Register(started.SetResult);
        await started.Task.WaitAsync(ending.Token);
        while (!ending.IsCancellationRequested)
        {
            await Task.WhenAll(Enumerable.Range(0, journals.Journals.PartitionCount).Select(WakeAsync));
            await Task.Delay(Every, ending.Token);
        }
    }

    private async Task WakeAsync(int number)
    {
        try
        {
            await grains.GetGrain<IPartitionGrain>(number).Wake();
        }
        catch (Exception)
        {
            // It will be tried again; whoever needs the partition hears why it isn't there.
        }
    }
}
