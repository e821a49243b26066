namespace OrleansWallet.Storage.Groups;

/// <summary>
/// Gathers requests while others are under way, and hands on all that wait as one group. There is no timer: a request
/// that finds a lane free goes at once.
/// </summary>
/// <remarks>
/// Where <paramref name="oneOfAKey"/> is set, a key is in one group at a time: a request for a key that is ready or
/// under way stands behind that one, and becomes ready when it is done. So no lane ever searches the queue.
/// </remarks>
/// <param name="options">The limits.</param>
/// <param name="lanesMax">How many groups may be under way at once.</param>
/// <param name="oneOfAKey">Whether a key may be in one group only.</param>
/// <param name="run">Does a group and answers each of its requests; it may keep nothing of the list.</param>
internal sealed class GroupQueue<TRequest>(
    StateStoreOptions options, int lanesMax, bool oneOfAKey, Func<List<TRequest>, Task> run)
    where TRequest : class, IGroupRequest
{
    private readonly Lock gate = new();
    private readonly Queue<TRequest> ready = new();
    private readonly Dictionary<StateKey, Queue<TRequest>?> turns = [];
    private readonly TaskCompletionSource drained = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int waiting;
    private int lanes;
    private bool closed;

    /// <summary>Queues a request, which the token takes back as long as it waits.</summary>
    /// <exception cref="StateUnavailableException">Too much waits, or the queue is closed.</exception>
    public void Push(TRequest request, CancellationToken cancel)
    {
        cancel.ThrowIfCancellationRequested();
        lock (gate)
        {
            if (closed) throw new StateUnavailableException("The store is closed.", isOutcomeKnown: true);
            if (waiting >= options.WaitingMax)
            {
                throw new StateUnavailableException(
                    $"The database is overloaded: {waiting} requests wait for it.", isOutcomeKnown: true);
            }
            waiting++;
            request.ObeyWhileWaiting(cancel);
            LineUp(request);
            if (ready.Count == 0 || lanes == lanesMax) return;
            lanes++;
        }
        ThreadPool.UnsafeQueueUserWorkItem(static queue => _ = queue.RunLaneAsync(), this, preferLocal: false);
    }

    /// <summary>Takes no more requests, and waits until those it has are answered.</summary>
    public Task CloseAsync()
    {
        lock (gate)
        {
            closed = true;
            if (lanes == 0) drained.TrySetResult();
        }
        return drained.Task;
    }

    private async Task RunLaneAsync()
    {
        var group = new List<TRequest>();
        while (TryTake(group))
        {
            try
            {
                await run(group).ConfigureAwait(false);
            }
            catch (Exception e)
            {
                // Whatever it was, the callers hear of it; the lane must live, or all others would wait for ever.
                foreach (var request in group) request.Fail($"The database failed: {e.Message}", e);
            }
            Release(group);
        }
    }

    private bool TryTake(List<TRequest> group)
    {
        group.Clear();
        var bytes = 0L;
        lock (gate)
        {
            while (group.Count < options.GroupRowsMax && ready.TryPeek(out var next))
            {
                if (group.Count > 0 && bytes + next.Bytes > options.GroupBytesMax) break;
                ready.Dequeue();
                waiting--;
                if (!next.TryBegin())
                {
                    PassTurn(next.Key);
                    continue;
                }
                group.Add(next);
                bytes += next.Bytes;
            }
            if (group.Count > 0) return true;
            lanes--;
            if (closed && lanes == 0) drained.TrySetResult();
            return false;
        }
    }

    private void Release(List<TRequest> group)
    {
        if (!oneOfAKey) return;
        lock (gate)
        {
            foreach (var request in group) PassTurn(request.Key);
        }
    }

    private void LineUp(TRequest request)
    {
        if (!oneOfAKey || turns.TryAdd(request.Key, null))
        {
            ready.Enqueue(request);
            return;
        }
        if (turns[request.Key] is not { } behind) turns[request.Key] = behind = new Queue<TRequest>();
        behind.Enqueue(request);
    }

    private void PassTurn(StateKey key)
    {
        if (!oneOfAKey) return;
        if (turns[key] is { } behind && behind.TryDequeue(out var next)) ready.Enqueue(next);
        else turns.Remove(key);
    }
}
