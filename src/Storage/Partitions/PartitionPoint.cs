using System.Buffers.Binary;
using System.Security.Cryptography;

namespace OrleansWallet.Storage.Partitions;

/// <summary>A point of a partition's journal: behind a batch, or before the first.</summary>
/// <param name="Partition">The partition's number, from 0.</param>
/// <param name="Sequence">The number of the batch before the point; 0 before the first.</param>
/// <param name="Activation">How often the partition was activated up to here.</param>
/// <param name="NextEvent">The number that the next event gets.</param>
/// <param name="Chain">The hash chain's value here.</param>
public readonly record struct PartitionPoint(
    int Partition, long Sequence, int Activation, long NextEvent, ChainHash Chain)
{
    private const int IdBytes = 16;

    /// <summary>Where a partition's journal begins: the chain is bound to the ledger and to the partition.</summary>
    public static PartitionPoint Start(Guid ledgerId, int partition)
    {
        var label = "OrleansWallet partition"u8;
        Span<byte> bytes = stackalloc byte[label.Length + IdBytes + sizeof(int)];
        label.CopyTo(bytes);
        ledgerId.TryWriteBytes(bytes[label.Length..]);
        BinaryPrimitives.WriteInt32LittleEndian(bytes[^sizeof(int)..], partition);
        Span<byte> hash = stackalloc byte[ChainHash.Bytes];
        SHA256.HashData(bytes, hash);
        return new PartitionPoint(partition, 0, 0, 1, new ChainHash(hash));
    }
}
