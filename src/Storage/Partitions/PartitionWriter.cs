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
internal sealed class PartitionWriter(
    PartitionStoreOptions options, int first, int count, Func<List<PartitionAppend>, Task> write)
{
    private readonly Lock gate = new();
    private readonly PartitionLane[] lanes = NewLanes(count);
    private readonly Queue<PartitionLane> ready = new();
    private readonly TaskCompletionSource drained = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private PartitionWriterCounts counts;
    private int waitingBatches;
    private long waitingBytes;
    private int writers;
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

    /// <summary>Takes no more batches, and waits until those it has are answered.</summary>
    public Task CloseAsync()
    {
        lock (gate)
        {
            closed = true;
            if (writers == 0) drained.TrySetResult();
        }
        return drained.Task;
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
            if (closed && writers == 0) drained.TrySetResult();
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
