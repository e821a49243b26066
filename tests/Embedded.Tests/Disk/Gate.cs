namespace OrleansWallet.Embedded.Tests.Disk;

/// <summary>Holds operations up while it is closed: a disk as slow as the test likes.</summary>
internal sealed class Gate(Func<DiskOperation, bool> holds)
{
    private readonly object gate = new();
    private TaskCompletionSource reached = NewSource();
    private bool closed;

    /// <summary>Completes when an operation stands before the closed gate.</summary>
    public Task Reached
    {
        get
        {
            lock (gate) return reached.Task.WaitAsync(TimeSpan.FromSeconds(30));
        }
    }

    public FaultPlan Plan => operation =>
    {
        if (!holds(operation)) return null;
        lock (gate)
        {
            if (!closed) return null;
            reached.TrySetResult();
            while (closed) Monitor.Wait(gate);
        }
        return null;
    };

    public void Close()
    {
        lock (gate)
        {
            closed = true;
            reached = NewSource();
        }
    }

    public void Open()
    {
        lock (gate)
        {
            closed = false;
            Monitor.PulseAll(gate);
        }
    }

    private static TaskCompletionSource NewSource() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
