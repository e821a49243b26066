namespace OrleansWallet.Embedded.Tests.Disk;

/// <summary>Holds operations up while it is closed: a disk as slow as the test likes.</summary>
internal sealed class Gate(Func<DiskOperation, bool> holds)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly object gate = new();
    private TaskCompletionSource reached = NewSource();
    private bool closed;

    /// <summary>Completes when an operation stands before the closed gate.</summary>
    public Task Reached
    {
        get
        {
            lock (gate) return reached.Task.WaitAsync(Patience);
        }
    }

    public FaultPlan Plan => operation =>
    {
        if (!holds(operation)) return null;
        lock (gate)
        {
            if (!closed) return null;
            reached.TrySetResult();
            // A test that failed while the gate was closed must end too.
            while (closed)
                if (!Monitor.Wait(gate, Patience)) throw new TimeoutException("Nobody opened the gate.");
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
