using OrleansWallet.Ledger;
using OrleansWallet.Storage.Partitions;

namespace OrleansWallet.Partitions;

/// <summary>The records of a batch that was read from the journal, unpacked.</summary>
internal sealed class BatchRecords
{
    private readonly PartitionBatch batch;

    /// <exception cref="PartitionDamagedException">They can't be unpacked.</exception>
    public BatchRecords(PartitionBatch batch)
    {
        this.batch = batch;
        All = batch.Kind is not PartitionBatchKind.PackedRecords
            ? batch.Records
            : PackedRecords.Unpack(batch.Records.Span) ?? throw Damaged("its records can't be unpacked");
    }

    /// <summary>All of them, one after the other.</summary>
    public ReadOnlyMemory<byte> All { get; }

    /// <summary>The one at a place.</summary>
    /// <exception cref="PartitionDamagedException">There is none.</exception>
    public ReadOnlyMemory<byte> At(long place)
    {
        var offset = RecordPlace.OffsetOf(place);
        return offset < All.Length && Records.TryRead(All.Span[offset..], out var record)
            ? All.Slice(offset, record.Length)
            : throw Damaged($"it has no record at {offset}");
    }

    private PartitionDamagedException Damaged(string why) => new(batch.Partition, batch.Sequence, why);
}
