namespace OrleansWallet.Partitions;

/// <summary>What waits for a partition's turn. Any thread adds; the partition's loop takes.</summary>
internal sealed class Inbox<T>
{
    private readonly Lock gate = new();
    private Queue<T> waiting = new();
    private TaskCompletionSource bell = NewBell();

    /// <summary>Adds one at the end.</summary>
    public void Add(T item)
    {
        lock (gate)
        {
            waiting.Enqueue(item);
            if (waiting.Count == 1) bell.TrySetResult();
        }
    }

    /// <summary>Done as soon as there is something.</summary>
    public Task WaitAsync()
    {
        lock (gate) return bell.Task;
    }

    /// <summary>Takes all there is, in its order, in exchange for an empty queue.</summary>
    public bool TryTake(ref Queue<T> empty)
    {
        lock (gate)
        {
            if (waiting.Count == 0) return false;
            (waiting, empty) = (empty, waiting);
            bell = NewBell();
            return true;
        }
    }

    private static TaskCompletionSource NewBell() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
