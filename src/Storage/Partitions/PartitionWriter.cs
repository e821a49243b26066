namespace OrleansWallet.Storage.Partitions;

/// <summary>
/// Gathers the batches of all partitions of a server while others are under way, and hands on what waits as one group.
/// There is no timer: a batch that finds a writer free goes at once.
/// </summary>
/// <remarks>
/// A partition is in one group at a time, with one batch: so its batches become durable in order, and one that fails
/// finds all behind it still here, where they fail with it.
/// </remarks>
/// <param name="options">The limits.</param>
/// <param name="first">The number of the server's first partition.</param>
/// <param name="count">How many partitions the server has.</param>
/// <param name="write">Writes a group, and notes at each batch where that failed; it keeps nothing of the list.</param>
/// <param name="writeTogether">The same, but all of the group or nothing.</param>
internal sealed class PartitionWriter(
    PartitionStoreOptions options, int first, int count, Func<List<PartitionAppend>, Task> write,
    Func<List<PartitionAppend>, Task> writeTogether)
{
    private readonly Lock gate = new();
    private readonly PartitionLane[] lanes = NewLanes(count);
    private readonly Queue<PartitionLane> ready = new();
    private readonly TaskCompletionSource drained = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private PartitionWriterCounts counts;
    private int waitingBatches;
    private long waitingBytes;
    private int writers;
    private int together;
    private bool closed;

    /// <summary>How much was sent.</summary>
    public PartitionWriterCounts Counts
    {
        get
        {
            lock (gate) return counts;
        }
    }

    /// <summary>Queues a batch.</summary>
    /// <exception cref="StateUnavailableException">
    /// Too much waits, the writer is closed, or the activation has ended.
    /// </exception>
    /// <exception cref="PartitionFencedException">A newer activation began in this process.</exception>
    /// <exception cref="InvalidOperationException">It isn't the next of an activation that began here.</exception>
    public void Push(PartitionAppend append)
    {
        lock (gate)
        {
            if (closed) throw new StateUnavailableException("The journal is closed.", isOutcomeKnown: true);
            var lane = lanes[append.Partition - first];
            lane.Check(append);
            if (waitingBatches >= options.WaitingBatchesMax
                || waitingBytes + append.Payload.Length > options.WaitingBytesMax)
            {
                throw new StateUnavailableException(
                    $"The journal is overloaded: {waitingBatches} batches with {waitingBytes} bytes wait for it.",
                    isOutcomeKnown: true);
            }
            waitingBatches++;
            waitingBytes += append.Payload.Length;
            if (lane.Add(append)) ready.Enqueue(lane);
            if (ready.Count == 0 || writers == options.WritersMax) return;
            writers++;
        }
        ThreadPool.UnsafeQueueUserWorkItem(static writer => _ = writer.RunAsync(), this, preferLocal: false);
    }

    /// <summary>Writes batches of several partitions at once, all of them or none.</summary>
    /// <exception cref="StateUnavailableException">They are not known to be written.</exception>
    /// <exception cref="PartitionFencedException">A newer activation of one has begun; none was written.</exception>
    /// <exception cref="InvalidOperationException">One isn't the next, or another of its partition waits.</exception>
    public async Task WriteTogetherAsync(List<PartitionAppend> group)
    {
        lock (gate)
        {
            if (closed) throw new StateUnavailableException("The journal is closed.", isOutcomeKnown: true);
            foreach (var append in group)
            {
                lanes[append.Partition - first].Check(append);
                lanes[append.Partition - first].CheckIdle(append);
            }
            foreach (var append in group)
            {
                lanes[append.Partition - first].Add(append);
                lanes[append.Partition - first].Take();
            }
            counts = counts.Plus(group);
            together++;
        }
        try
        {
            await writeTogether(group).ConfigureAwait(false);
        }
        catch (Exception e)
        {
            var why = new StateUnavailableException($"The journal failed: {e.Message}", e);
            foreach (var append in group) append.Fail(why);
        }
        Release(group, []);
        lock (gate)
        {
            together--;
            EndIfDrained();
        }
        foreach (var append in group) append.ThrowIfFailed();
    }

    /// <summary>Takes no more batches, and waits until those it has are answered.</summary>
    public Task CloseAsync()
    {
        lock (gate)
        {
            closed = true;
            EndIfDrained();
        }
        return drained.Task;
    }

    private void EndIfDrained()
    {
        if (closed && writers + together == 0) drained.TrySetResult();
    }

    private static PartitionLane[] NewLanes(int count)
    {
        var lanes = new PartitionLane[count];
        for (var i = 0; i < count; i++) lanes[i] = new PartitionLane();
        return lanes;
    }

    private async Task RunAsync()
    {
        var group = new List<PartitionAppend>();
        var failed = new List<PartitionAppend>();
        while (TryTake(group))
        {
            try
            {
                await write(group).ConfigureAwait(false);
            }
            catch (Exception e)
            {
                // Whatever it was, the callers hear of it; the writer must live, or all others would wait for ever.
                var why = new StateUnavailableException($"The journal failed: {e.Message}", e);
                foreach (var append in group) append.Fail(why);
            }
            Release(group, failed);
            foreach (var append in group) append.Answer();
            foreach (var append in failed) append.Answer();
        }
    }

    private bool TryTake(List<PartitionAppend> group)
    {
        group.Clear();
        var bytes = 0L;
        lock (gate)
        {
            while (group.Count < options.GroupBatchesMax && ready.TryPeek(out var lane))
            {
                var next = lane.Next;
                if (group.Count > 0 && bytes + next.Payload.Length > options.GroupBytesMax) break;
                ready.Dequeue();
                lane.Take();
                group.Add(next);
                bytes += next.Payload.Length;
            }
            waitingBatches -= group.Count;
            waitingBytes -= bytes;
            if (group.Count > 0)
            {
                counts = counts.Plus(group);
                return true;
            }
            writers--;
            EndIfDrained();
            return false;
        }
    }

    private void Release(List<PartitionAppend> group, List<PartitionAppend> failed)
    {
        failed.Clear();
        lock (gate)
        {
            foreach (var append in group)
            {
                var lane = lanes[append.Partition - first];
                if (append.HasFailed) lane.EndActivation(append, failed);
                if (lane.Release()) ready.Enqueue(lane);
            }
            waitingBatches -= failed.Count;
            foreach (var append in failed) waitingBytes -= append.Payload.Length;
        }
    }
}
