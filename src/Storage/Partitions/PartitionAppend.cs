using System.Runtime.InteropServices;

namespace OrleansWallet.Storage.Partitions;

/// <summary>A batch on its way to the journal.</summary>
internal sealed class PartitionAppend : TaskCompletionSource
{
    private Exception? failure;

    /// <exception cref="ArgumentException">It is no sealed batch of that partition and sequence.</exception>
    public PartitionAppend(int partition, long sequence, ReadOnlyMemory<byte> payload)
        : base(TaskCreationOptions.RunContinuationsAsynchronously)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(payload.Length, PartitionBatch.HeaderBytes);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(payload.Length, PartitionBatch.LengthMax);
        var header = MemoryMarshal.Read<PartitionBatchHeader>(payload.Span);
        if (header.Magic != PartitionBatchHeader.MagicNumber || header.Partition != partition
            || header.Sequence != sequence || header.BodyLength != payload.Length - PartitionBatch.HeaderBytes)
        {
            throw new ArgumentException(
                $"These are not the bytes of batch {sequence} of partition {partition}, sealed.", nameof(payload));
        }
        Partition = partition;
        Sequence = sequence;
        Activation = header.Activation;
        Begins = header.Kind is PartitionBatchKind.Activation;
        Payload = payload;
    }

    public int Partition { get; }

    public long Sequence { get; }

    /// <summary>The number of the activation that writes it.</summary>
    public int Activation { get; }

    /// <summary>Whether an activation begins with it.</summary>
    public bool Begins { get; }

    public ReadOnlyMemory<byte> Payload { get; }

    /// <summary>Whether it is known not to be written, or not known to be.</summary>
    public bool HasFailed => failure is not null;

    /// <summary>Why.</summary>
    public Exception Failure => failure ?? throw new InvalidOperationException("It didn't fail.");

    /// <summary>Notes that it was not written, or that nobody knows.</summary>
    public void Fail(Exception why) => failure ??= why;

    /// <summary>Answers the caller.</summary>
    public void Answer()
    {
        if (failure is null) TrySetResult();
        else TrySetException(failure);
    }
}
