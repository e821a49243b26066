using OrleansWallet.Storage.Partitions;

namespace OrleansWallet.Storage.Tests.Support;

/// <summary>
/// Partitions that are written to by a host that knows what it was answered, and activates again after each failure.
/// </summary>
internal sealed class CheckedAppends(IPartitionJournal journal, int partitionCount)
{
    private const int AheadMax = 3;
    private readonly HashSet<ChainHash> answered = [];
    private readonly HashSet<ChainHash> unknown = [];
    private readonly HashSet<ChainHash> notWritten = [];
    private volatile Task disturbing = Task.CompletedTask;
    private volatile bool isEnding;

    public int Answered
    {
        get
        {
            lock (answered) return answered.Count;
        }
    }

    public int Unknown => unknown.Count;

    public int NotWritten => notWritten.Count;

    /// <summary>
    /// Appends while the disturbance runs so often, with so many batches answered before each and after the last. Then
    /// compares all journals with the answers.
    /// </summary>
    public async Task RunAsync(int disturbances, int batchesBetween, Func<Task> disturb)
    {
        var partitions = Task.WhenAll(Enumerable.Range(0, partitionCount).Select(partition => Task.Run(async () =>
        {
            while (!isEnding) await HostAsync(partition);
        })));
        for (var done = 0; done <= disturbances; done++)
        {
            var before = Answered;
            while (Answered < before + batchesBetween && !partitions.IsFaulted) await Task.Delay(5);
            if (done == disturbances) break;
            disturbing = disturb();
            await disturbing;
        }
        isEnding = true;
        await partitions;
        await AssertAllThereAsync();
    }

    // One activation's life: it ends with its first failure.
    private async Task HostAsync(int partition)
    {
        var appends = new Queue<(ChainHash Chain, Task Task)>();
        try
        {
            var host = await TestPartition.ActivateAsync(journal, partition);
            while (!isEnding)
            {
                var appending = host.AppendAsync();
                appends.Enqueue((host.Point.Chain, appending));
                if (appends.Count == AheadMax) await AnswerAsync(appends);
            }
        }
        catch (StateUnavailableException)
        {
            // The next activation reads what is there; while the server is down, asking keeps it from coming up.
            await disturbing;
        }
        while (appends.Count > 0)
        {
            try
            {
                await AnswerAsync(appends);
            }
            catch (StateUnavailableException)
            {
                // Noted.
            }
        }
    }

    private async Task AnswerAsync(Queue<(ChainHash Chain, Task Task)> appends)
    {
        var (chain, task) = appends.Dequeue();
        try
        {
            await task;
            lock (answered) answered.Add(chain);
        }
        catch (StateUnavailableException e)
        {
            lock (answered) (e.IsOutcomeKnown ? notWritten : unknown).Add(chain);
            throw;
        }
    }

    private async Task AssertAllThereAsync()
    {
        var found = new List<ChainHash>();
        for (var partition = 0; partition < partitionCount; partition++)
        {
            var batches = await TestPartition.ReadAllAsync(journal, partition);
            found.AddRange(batches.Where(batch => batch.Kind is PartitionBatchKind.Records)
                .Select(batch => batch.After.Chain));
        }
        var distinct = found.ToHashSet();
        Assert.Equal(found.Count, distinct.Count);
        Assert.Superset(answered, distinct);
        Assert.Empty(distinct.Except(answered).Except(unknown));
        Assert.Empty(distinct.Intersect(notWritten));
    }
}
