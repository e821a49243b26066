namespace OrleansWallet.Partitions;

/// <summary>What waits for its turn. Any thread adds; one loop takes.</summary>
internal sealed class Inbox<T>
{
    private readonly Lock gate = new();
    private Queue<T> waiting = new();
    private TaskCompletionSource? sleeper;
    private bool isRinging;

    /// <summary>Adds one at the end.</summary>
    public void Add(T item)
    {
        lock (gate)
        {
            waiting.Enqueue(item);
            Wake();
        }
    }

    /// <summary>Wakes the loop, though there may be nothing.</summary>
    public void Ring()
    {
        lock (gate)
        {
            isRinging = true;
            Wake();
        }
    }

    /// <summary>Done as soon as there is something, or it was rung for.</summary>
    public Task WaitAsync()
    {
        lock (gate)
        {
            if (waiting.Count > 0 || isRinging)
            {
                isRinging = false;
                return Task.CompletedTask;
            }
            sleeper ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            return sleeper.Task;
        }
    }

    /// <summary>Takes all there is, in its order, in exchange for an empty queue.</summary>
    public bool TryTake(ref Queue<T> empty)
    {
        lock (gate)
        {
            if (waiting.Count == 0) return false;
            (waiting, empty) = (empty, waiting);
            return true;
        }
    }

    private void Wake()
    {
        if (sleeper is null) return;
        isRinging = false;
        sleeper.TrySetResult();
        sleeper = null;
    }
}
