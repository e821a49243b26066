namespace OrleansWallet.Storage.Partitions;

/// <summary>
/// One partition's batches on their way, in order, and which activation they are of. Guarded by its writer's lock.
/// </summary>
internal sealed class PartitionLane
{
    private readonly Queue<PartitionAppend> waiting = new();
    private int activation;
    private long nextSequence;
    private bool isOpen;
    private bool isTaken;

    /// <summary>The first that waits.</summary>
    public PartitionAppend Next => waiting.Peek();

    /// <summary>Throws where a batch isn't the next that may come.</summary>
    public void Check(PartitionAppend append)
    {
        if (append.Activation < activation || (append.Begins && append.Activation == activation && isOpen))
            throw new PartitionFencedException(append.Partition, append.Sequence);
        if (append.Begins) return;
        if (append.Activation > activation)
        {
            throw new InvalidOperationException(
                $"Activation {append.Activation} of partition {append.Partition} has not begun in this process.");
        }
        if (!isOpen)
        {
            throw new StateUnavailableException(
                $"Batch {append.Sequence} of partition {append.Partition} can't be written: one before it failed.",
                isOutcomeKnown: true);
        }
        if (append.Sequence != nextSequence)
        {
            throw new InvalidOperationException(
                $"Partition {append.Partition} goes on with batch {nextSequence}, not with {append.Sequence}.");
        }
    }

    /// <summary>Lets a checked batch wait. True where the lane is ready thereby.</summary>
    public bool Add(PartitionAppend append)
    {
        activation = append.Activation;
        nextSequence = append.Sequence + 1;
        isOpen = true;
        waiting.Enqueue(append);
        return !isTaken && waiting.Count == 1;
    }

    /// <summary>Throws where a batch would have to wait.</summary>
    /// <exception cref="InvalidOperationException">Another one waits, or is on its way.</exception>
    public void CheckIdle(PartitionAppend append)
    {
        if (!isTaken && waiting.Count == 0) return;
        throw new InvalidOperationException(
            $"Batch {append.Sequence} of partition {append.Partition} can't go with others: one before it waits.");
    }

    /// <summary>Takes the first that waits; the lane isn't ready again before <see cref="Release"/>.</summary>
    public void Take()
    {
        waiting.Dequeue();
        isTaken = true;
    }

    /// <summary>
    /// After a failure: takes out all that the same activation has waiting, as it hangs on the batch that failed.
    /// </summary>
    public void EndActivation(PartitionAppend cause, List<PartitionAppend> failed)
    {
        while (waiting.TryPeek(out var next) && !next.Begins)
        {
            next.Fail(new StateUnavailableException(
                $"Batch {next.Sequence} of partition {next.Partition} was not written: batch {cause.Sequence} failed.",
                isOutcomeKnown: true));
            failed.Add(waiting.Dequeue());
        }
        isOpen = waiting.Count > 0;
    }

    /// <summary>Ends what <see cref="Take"/> began. True where the lane is ready again.</summary>
    public bool Release()
    {
        isTaken = false;
        return waiting.Count > 0;
    }
}
