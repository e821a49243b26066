namespace OrleansWallet.Storage.Partitions;

/// <summary>Batches that are written together, all of them or none.</summary>
internal sealed class PartitionGroup(List<PartitionAppend> appends)
    : TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)
{
    /// <summary>The batches, one a partition.</summary>
    public List<PartitionAppend> Appends => appends;

    /// <summary>Bytes of all of them.</summary>
    public long Bytes { get; } = appends.Sum(append => (long)append.Payload.Length);

    /// <summary>Notes that none was written, or that nobody knows.</summary>
    public void Fail(Exception why)
    {
        foreach (var append in appends) append.Fail(why);
    }

    /// <summary>Answers the caller.</summary>
    public void Answer()
    {
        if (appends.Count == 0 || !appends[0].HasFailed) TrySetResult();
        else TrySetException(appends[0].Failure);
    }
}

/// <summary>Writes groups that must not be written in part.</summary>
internal interface IWriteTogether
{
    /// <summary>
    /// Writes all or nothing. False where a key was taken, so that nothing was written; any other failure is noted at
    /// each batch.
    /// </summary>
    Task<bool> TryWriteAsync(List<PartitionAppend> appends);

    /// <summary>Of which batch the key was taken.</summary>
    Task<PartitionFencedException> FindFencedAsync(List<PartitionAppend> appends);
}
