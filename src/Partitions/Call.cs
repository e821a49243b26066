namespace OrleansWallet.Partitions;

/// <summary>Something to be told as soon as a commit is durable.</summary>
internal interface IAnswer
{
    /// <summary>Tells it. The loop waits meanwhile: what takes time is for other threads.</summary>
    void Answer();
}

/// <summary>Somebody waits for an answer.</summary>
internal interface ICall : IAnswer
{
    /// <summary>There will be no answer.</summary>
    void Fail(Exception why);
}

/// <summary>A call of a partition: the answer is noted in the partition's turn, and told when it is durable.</summary>
internal class Call<TResult>(PartitionHost host)
    : TaskCompletionSource<TResult>(TaskCreationOptions.RunContinuationsAsynchronously), ICall
{
    /// <summary>The answer.</summary>
    public TResult? Result { get; set; }

    /// <inheritdoc/>
    public void Answer()
    {
        host.Forget(this);
        TrySetResult(Result!);
    }

    /// <inheritdoc/>
    public void Fail(Exception why)
    {
        host.Forget(this);
        TrySetException(why);
    }
}
