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
/// <param name="together">Writes all of a group or nothing.</param>
internal sealed class PartitionWriter(
    PartitionStoreOptions options, int first, int count, Func<List<PartitionAppend>, Task> write,
    IWriteTogether together)
{
    private readonly Lock gate = new();
    private readonly PartitionLane[] lanes = NewLanes(count);
    private readonly Queue<PartitionLane> ready = new();
    private readonly TaskCompletionSource drained = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private PartitionWriterCounts counts;
    private int waitingBatches;
    private long waitingBytes;
    private int writers;
    private readonly Queue<PartitionGroup> groups = new();
    private int groupWriters;
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

    /// <summary>
    /// Writes batches of several partitions, all of them or none. What others want written so meanwhile goes with them.
    /// </summary>
    /// <exception cref="StateUnavailableException">They are not known to be written.</exception>
    /// <exception cref="PartitionFencedException">A newer activation of one has begun; none was written.</exception>
    /// <exception cref="InvalidOperationException">One isn't the next, or another of its partition waits.</exception>
    public Task WriteTogetherAsync(List<PartitionAppend> appends)
    {
        var group = new PartitionGroup(appends);
        lock (gate)
        {
            if (closed) throw new StateUnavailableException("The journal is closed.", isOutcomeKnown: true);
            foreach (var append in appends)
            {
                lanes[append.Partition - first].Check(append);
                lanes[append.Partition - first].CheckIdle(append);
            }
            foreach (var append in appends)
            {
                lanes[append.Partition - first].Add(append);
                lanes[append.Partition - first].Take();
            }
            groups.Enqueue(group);
            if (groupWriters == options.WritersMax) return group.Task;
            groupWriters++;
        }
        _ = WriteGroupsAsync();
        return group.Task;
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

    private async Task WriteGroupsAsync()
    {
        var some = new List<PartitionGroup>();
        while (TryTake(some))
        {
            try
            {
                await WriteAsync(some).ConfigureAwait(false);
            }
            catch (Exception e)
            {
                var why = new StateUnavailableException($"The journal failed: {e.Message}", e);
                foreach (var group in some) group.Fail(why);
            }
            foreach (var group in some)
            {
                Release(group.Appends, []);
                group.Answer();
            }
        }
    }

    // All in one commit. Where a key is taken in it, each by itself shows whose.
    private async Task WriteAsync(List<PartitionGroup> some)
    {
        if (some.Count > 1
            && await together.TryWriteAsync([.. some.SelectMany(group => group.Appends)]).ConfigureAwait(false))
            return;
        foreach (var group in some)
            if (!await together.TryWriteAsync(group.Appends).ConfigureAwait(false))
                group.Fail(await together.FindFencedAsync(group.Appends).ConfigureAwait(false));
    }

    private bool TryTake(List<PartitionGroup> some)
    {
        some.Clear();
        var (batches, bytes) = (0, 0L);
        lock (gate)
        {
            while (groups.TryPeek(out var next))
            {
                if (some.Count > 0
                    && (batches + next.Appends.Count > options.GroupBatchesMax
                        || bytes + next.Bytes > options.GroupBytesMax))
                    break;
                some.Add(groups.Dequeue());
                (batches, bytes) = (batches + next.Appends.Count, bytes + next.Bytes);
            }
            if (some.Count > 0)
            {
                counts = new PartitionWriterCounts(counts.Groups + 1, counts.Batches + batches, counts.Bytes + bytes);
                return true;
            }
            groupWriters--;
            EndIfDrained();
            return false;
        }
    }

    private void EndIfDrained()
    {
        if (closed && writers + groupWriters == 0) drained.TrySetResult();
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
                counts = new PartitionWriterCounts(
                    counts.Groups + 1, counts.Batches + group.Count, counts.Bytes + bytes);
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
