namespace OrleansWallet.Storage.Partitions;

/// <summary>
/// A batch of a partition's journal as it was read and checked. How one is made: leave <see cref="HeaderBytes"/> free,
/// write the records behind, and <see cref="SealRecords"/>.
/// </summary>
public sealed class PartitionBatch
{
    /// <summary>Bytes of the header, which a writer leaves free in front of the records.</summary>
    public const int HeaderBytes = PartitionBatchHeader.Bytes;

    /// <summary>The longest batch, header included: 16 MiB.</summary>
    public const int LengthMax = 16 << 20;

    private const int ActivationIdBytes = 16;
    private readonly PartitionBatchHeader header;

    private PartitionBatch(in PartitionBatchHeader header, ReadOnlyMemory<byte> bytes)
    {
        this.header = header;
        Bytes = bytes;
    }

    /// <summary>What it is.</summary>
    public PartitionBatchKind Kind => header.Kind;

    /// <summary>Its partition's number.</summary>
    public int Partition => header.Partition;

    /// <summary>Its number in its partition, 1 for the first.</summary>
    public long Sequence => header.Sequence;

    /// <summary>How many records it has.</summary>
    public int Count => header.Count;

    /// <summary>The number of its first event; where it has none, the number that the next event gets.</summary>
    public long FirstEvent => header.FirstEvent;

    /// <summary>Its records, one after the other, packed where its kind says so; empty for an activation.</summary>
    public ReadOnlyMemory<byte> Records => Kind is PartitionBatchKind.Activation ? default : Bytes[HeaderBytes..];

    /// <summary>The whole batch, header included.</summary>
    public ReadOnlyMemory<byte> Bytes { get; }

    /// <summary>The id of the activation that begins with it; null for records.</summary>
    public Guid? ActivationId =>
        Kind is PartitionBatchKind.Activation ? new Guid(Bytes.Span.Slice(HeaderBytes, ActivationIdBytes)) : null;

    /// <summary>The point behind it.</summary>
    public PartitionPoint After => AfterOf(header);

    /// <summary>
    /// Writes the header of a batch of records, which lie in it already, and answers with the point behind it.
    /// </summary>
    /// <param name="batch">Header and records; up to <see cref="LengthMax"/> bytes.</param>
    /// <param name="before">The point behind the batch before it, which must be of an activation or after one.</param>
    /// <param name="count">How many records; each is an event, numbered on from the point's next.</param>
    /// <param name="kind">Whether they are packed.</param>
    /// <exception cref="ArgumentException">The batch is too short or too long, or has no records.</exception>
    public static PartitionPoint SealRecords(
        Span<byte> batch, in PartitionPoint before, int count, PartitionBatchKind kind = PartitionBatchKind.Records)
    {
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(batch.Length, HeaderBytes);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(batch.Length, LengthMax);
        ArgumentOutOfRangeException.ThrowIfLessThan(count, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(before.Activation, 1);
        ArgumentOutOfRangeException.ThrowIfEqual(kind, PartitionBatchKind.Activation);
        return Seal(batch, before, kind, before.Activation, count);
    }

    /// <summary>The batch that an activation begins with, and the point behind it.</summary>
    /// <param name="before">The point behind the journal's last batch.</param>
    /// <param name="id">Tells this activation from any other, so that the chains of two differ.</param>
    public static (byte[] Batch, PartitionPoint After) SealActivation(in PartitionPoint before, Guid id)
    {
        var batch = new byte[HeaderBytes + ActivationIdBytes];
        id.TryWriteBytes(batch.AsSpan(HeaderBytes));
        return (batch, Seal(batch, before, PartitionBatchKind.Activation, checked(before.Activation + 1), count: 0));
    }

    /// <summary>Reads a batch and checks it by itself, which finds damage, but not a forgery.</summary>
    /// <exception cref="PartitionDamagedException">It is damaged, or another than the one asked for.</exception>
    internal static PartitionBatch Read(int partition, long sequence, ReadOnlyMemory<byte> bytes)
    {
        if (PartitionBatchHeader.FaultOf(bytes.Span, out var header) is { } fault)
            throw new PartitionDamagedException(partition, sequence, fault);
        if (header.Partition != partition || header.Sequence != sequence)
        {
            throw new PartitionDamagedException(
                partition, sequence, $"batch {header.Sequence} of partition {header.Partition} lies in its place");
        }
        var isWhole = header.Kind switch
        {
            PartitionBatchKind.Records or PartitionBatchKind.PackedRecords => header is { Count: > 0, BodyLength: > 0 },
            PartitionBatchKind.Activation => header.Count == 0 && header.BodyLength == ActivationIdBytes,
            _ => false,
        };
        return isWhole
            ? new PartitionBatch(header, bytes)
            : throw new PartitionDamagedException(partition, sequence, $"its kind {header.Kind} has no such content");
    }

    /// <summary>Reads the batch that must come next, and checks that it follows from what came before.</summary>
    /// <exception cref="PartitionDamagedException">It doesn't.</exception>
    internal static PartitionBatch ReadNext(in PartitionPoint before, Memory<byte> bytes)
    {
        var batch = Read(before.Partition, before.Sequence + 1, bytes);
        var activation = before.Activation + (batch.Kind is PartitionBatchKind.Activation ? 1 : 0);
        var fault = batch.header.Activation != activation
            ? $"activation {batch.header.Activation} wrote it, and it is the turn of {activation}"
            : batch.FirstEvent != before.NextEvent
                ? $"it begins with event {batch.FirstEvent}, and the next is {before.NextEvent}"
                : batch.header.Follows(bytes.Span, before.Chain) ? null : "its hash doesn't follow from the one before";
        return fault is null ? batch : throw new PartitionDamagedException(before.Partition, batch.Sequence, fault);
    }

    private static PartitionPoint Seal(
        Span<byte> batch, in PartitionPoint before, PartitionBatchKind kind, int activation, int count)
    {
        var header = new PartitionBatchHeader
        {
            Kind = kind,
            Partition = checked((short)before.Partition),
            Sequence = before.Sequence + 1,
            Activation = activation,
            Count = count,
            FirstEvent = before.NextEvent,
            Chain = before.Chain,
        };
        header.Seal(batch);
        return AfterOf(header);
    }

    private static PartitionPoint AfterOf(in PartitionBatchHeader header) => new(
        header.Partition, header.Sequence, header.Activation, header.FirstEvent + header.Count, header.Chain);
}
