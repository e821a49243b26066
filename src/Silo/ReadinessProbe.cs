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
        var started = new TaskCompletionSource();
        await using var registration = life.ApplicationStarted.Register(started.SetResult);
        await started.Task.WaitAsync(stoppingToken);
        while (!stoppingToken.IsCancellationRequested)
        {
            await ProbeAsync(stoppingToken);
            await Task.Delay(Every, stoppingToken);
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
        catch (Exception e) when (e is not OperationCanceledException)
        {
            // Whatever kept the answer away, the answer is the same: not ready.
            readiness.NotReady("No silo answers just now.");
        }
    }
}
