namespace OrleansWallet.Storage.Groups;

/// <summary>What a <see cref="GroupQueue{TRequest}"/> knows of a request.</summary>
internal interface IGroupRequest
{
    /// <summary>The row it is about.</summary>
    StateKey Key { get; }

    /// <summary>What it adds to a group.</summary>
    int Bytes { get; }

    /// <summary>Lets a token cancel it; before it is queued.</summary>
    void ObeyWhileWaiting(CancellationToken cancel);

    /// <summary>Takes it out of the caller's hands; false where the caller has cancelled it.</summary>
    bool TryBegin();

    /// <summary>Answers with a failure, unless it was answered.</summary>
    void Fail(string message, Exception cause);
}

/// <summary>A request on its way through a queue. It can be cancelled until it is begun.</summary>
internal abstract class GroupRequest<TResult>(StateKey key)
    : TaskCompletionSource<TResult>(TaskCreationOptions.RunContinuationsAsynchronously), IGroupRequest
{
    private const int Waiting = 0;
    private const int Begun = 1;
    private const int Cancelled = 2;
    private CancellationTokenRegistration registration;
    private int phase = Waiting;

    public StateKey Key { get; } = key;

    public abstract int Bytes { get; }

    public void ObeyWhileWaiting(CancellationToken cancel) =>
        registration = cancel.UnsafeRegister(
            static (request, token) => (request as GroupRequest<TResult>)?.Cancel(token), this);

    public bool TryBegin()
    {
        if (Interlocked.CompareExchange(ref phase, Begun, Waiting) != Waiting) return false;
        registration.Unregister();
        return true;
    }

    public void Fail(string message, Exception cause) =>
        TrySetException(new StateUnavailableException(message, cause));

    private void Cancel(CancellationToken token)
    {
        if (Interlocked.CompareExchange(ref phase, Cancelled, Waiting) == Waiting) TrySetCanceled(token);
    }
}

/// <summary>A row to be written.</summary>
internal sealed class StoreRequest(StateKey key, StoredState state) : GroupRequest<bool>(key)
{
    private const int RowBytes = 64;

    /// <summary>The row.</summary>
    public StoredState State { get; } = state;

    public override int Bytes { get; } = RowBytes + key.Text.Length + state.State.Length + state.Pending.Length;

    /// <summary>Answers that the row has another version.</summary>
    public void Refuse() => TrySetException(new StateConflictException(Key.Kind, Key.Text, State.Version));
}

/// <summary>A row to be read.</summary>
internal sealed class LoadRequest(StateKey key) : GroupRequest<StoredState?>(key)
{
    public override int Bytes { get; } = key.Text.Length;
}
