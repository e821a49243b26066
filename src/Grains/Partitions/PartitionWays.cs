namespace OrleansWallet.Grains;

/// <summary>
/// The ways by which a process reaches a partition: its own grain, or a relay. Each leads by way of one silo.
/// </summary>
internal sealed class PartitionWays(IGrainFactory grains, int partition)
{
    // Orleans deals the ways out to the silos in turn as they are first used: all at once, these reach several.
    private const int Count = 8;
    private readonly Lock gate = new();
    private int chosen;
    private Task? search;

    /// <summary>The number of the way to be taken now.</summary>
    public int Chosen => Volatile.Read(ref chosen);

    /// <summary>The grain that a way begins with.</summary>
    public IPartitionCalls By(int way) => way == 0
        ? grains.GetGrain<IPartitionGrain>(partition)
        : grains.GetGrain<IPartitionRelayGrain>(IPartitionRelayGrain.KeyOf(partition, way));

    /// <summary>
    /// Chooses another way, the first by which the partition answers; the same where none does, as it is the partition
    /// then that is away. Of many that find one way to be blocked, the first searches for all.
    /// </summary>
    public Task AvoidAsync(int way)
    {
        lock (gate)
        {
            if (way != chosen) return Task.CompletedTask;
            if (search is not { IsCompleted: false }) search = SearchAsync();
            return search;
        }
    }

    private async Task SearchAsync()
    {
        await foreach (var answer in Task.WhenEach(Enumerable.Range(0, Count).Select(TryAsync)))
            if (await answer is { } way)
            {
                Volatile.Write(ref chosen, way);
                return;
            }
    }

    private async Task<int?> TryAsync(int way)
    {
        try
        {
            await By(way).Wake();
            return way;
        }
        catch (Exception e) when (ClusterFaults.IsPassing(e))
        {
            return null;
        }
    }
}
