using OrleansWallet.Grains;

namespace OrleansWallet.Silo;

/// <summary>
/// Keeps every partition active somewhere: one that nobody calls may have transfers under way, and others wait for it.
/// And sends those of this silo away that belong to another, once the same silos have been there for a while.
/// </summary>
internal sealed class PartitionKeeper(
    IGrainFactory grains, PartitionJournalHost journals, PartitionGrainServices partitions, ILocalSiloDetails silo,
    IHostApplicationLifetime life)
    : BackgroundService
{
    private static readonly TimeSpan Every = TimeSpan.FromSeconds(1);
    private const int RoundsUntilSettled = 10;
    // So many leave in one round, so that few callers wait at a time.
    private const int LeaveMax = 8;

    private HashSet<SiloAddress> silos = [];
    private int rounds;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(stoppingToken, life.ApplicationStopping);
        var started = new TaskCompletionSource();
        await using var registration = life.ApplicationStarted.Register(started.SetResult);
        await started.Task.WaitAsync(ending.Token);
        while (!ending.IsCancellationRequested)
        {
            await Task.WhenAll(Enumerable.Range(0, journals.Journals.PartitionCount).Select(WakeAsync));
            await TryAsync(SpreadAsync);
            await Task.Delay(Every, ending.Token);
        }
    }

    private Task WakeAsync(int number) => TryAsync(() => grains.GetGrain<IPartitionGrain>(number).Wake());

    private async Task SpreadAsync()
    {
        var active = await grains.GetGrain<IManagementGrain>(0).GetHosts(onlyActive: true);
        if (!silos.SetEquals(active.Keys))
        {
            (silos, rounds) = ([.. active.Keys], 0);
            return;
        }
        if (++rounds < RoundsUntilSettled) return;
        var staying = partitions.Staying(silos);
        var strangers = partitions.Here
            .Where(number => !PartitionPlacement.SiloOf(number, staying).Equals(silo.SiloAddress)).Take(LeaveMax);
        await Task.WhenAll(strangers.Select(number => grains.GetGrain<IPartitionGrain>(number).Leave()));
    }

    // What fails will be tried again; whoever needs a partition hears why it isn't there.
    private static async Task TryAsync(Func<Task> step)
    {
        try
        {
            await step();
        }
        catch (Exception)
        {
            // The next round.
        }
    }
}
