using OrleansWallet.Grains;

namespace OrleansWallet.Silo;

/// <summary>
/// Asks a silo, again and again, whether the store can be written. On a silo that is itself, once it is a member; on a
/// front end one that it can reach.
/// </summary>
internal sealed class ReadinessProbe(IGrainFactory grains, ClusterReadiness readiness, IHostApplicationLifetime life)
    : BackgroundService
{
    private static readonly TimeSpan Every = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(4);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        // A silo that leaves takes no more calls; asking it would only fill the log.
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(stoppingToken, life.ApplicationStopping);
        var started = new TaskCompletionSource();
        await using var registration = life.ApplicationStarted.Register(started.SetResult);
        await started.Task.WaitAsync(ending.Token);
        while (!ending.IsCancellationRequested)
        {
            await ProbeAsync(ending.Token);
            await Task.Delay(Every, ending.Token);
        }
    }

    private async Task ProbeAsync(CancellationToken cancel)
    {
        try
        {
            var reason = await grains.GetGrain<IHealthGrain>(0).Check().WaitAsync(Patience, cancel);
            if (reason is null) readiness.Ready();
            else readiness.NotReady(reason);
        }
        catch (Exception) when (!cancel.IsCancellationRequested)
        {
            // Whatever kept the answer away, the answer is the same: not ready. Orleans, too, cancels calls; what left
            // here would end the process.
            readiness.NotReady("No silo answers just now.");
        }
    }
}
