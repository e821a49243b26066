using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace OrleansWallet.Storage.Partitions;

/// <summary>How a batch begins, 72 bytes, little-endian; its body follows. The layout is in docs/format.md.</summary>
[StructLayout(LayoutKind.Sequential, Pack = 1)]
internal struct PartitionBatchHeader
{
    public const int Bytes = 72;
    public const uint MagicNumber = 0x4842_504F;
    public const byte FormatVersion = 2;
    private const byte FirstVersion = 1;
    private const int ChainOffset = 36;
    private const int ChecksumOffset = 68;

    public uint Magic;
    public byte Version;
    public PartitionBatchKind Kind;
    public short Partition;
    public long Sequence;
    public int Activation;
    /// <summary>Records in the body.</summary>
    public int Count;
    /// <summary>The number of the first event in the body; where it has none, that of the next event.</summary>
    public long FirstEvent;
    /// <summary>Bytes of the body.</summary>
    public int BodyLength;
    public ChainHash Chain;
    /// <summary>CRC-32C of all that is before it, and of the body.</summary>
    public uint Checksum;

    static PartitionBatchHeader()
    {
        if (!BitConverter.IsLittleEndian) throw new PlatformNotSupportedException("Batches are little-endian.");
    }

    /// <summary>
    /// Writes the header of a batch whose body is in place, and completes its chain and checksum. On entry the chain
    /// is the value before the batch.
    /// </summary>
    public void Seal(Span<byte> batch)
    {
        Magic = MagicNumber;
        // What older programs can read, they may: a cluster is updated one silo after the other.
        Version = Kind is PartitionBatchKind.PackedRecords ? FormatVersion : FirstVersion;
        BodyLength = batch.Length - Bytes;
        Checksum = 0;
        MemoryMarshal.Write(batch, this);
        Chain = Hash(batch);
        Chain.CopyTo(batch[ChainOffset..]);
        Checksum = ChecksumOf(batch);
        MemoryMarshal.Write(batch[ChecksumOffset..], Checksum);
    }

    /// <summary>
    /// What is wrong with a batch by itself; null where nothing is, and then its header is given.
    /// </summary>
    public static string? FaultOf(ReadOnlySpan<byte> batch, out PartitionBatchHeader header)
    {
        header = default;
        if (batch.Length < Bytes) return $"it has {batch.Length} bytes, and its header alone has {Bytes}";
        header = MemoryMarshal.Read<PartitionBatchHeader>(batch);
        if (header.Magic != MagicNumber) return "it doesn't begin as a batch does";
        if (header.Version > FormatVersion) return $"it has the newer format version {header.Version}";
        if (header.BodyLength != batch.Length - Bytes)
            return $"it has {batch.Length} bytes, and its header says {header.BodyLength + (long)Bytes}";
        return header.Checksum == ChecksumOf(batch) ? null : "its checksum is wrong";
    }

    /// <summary>
    /// Whether the chain in a batch's header follows from a value. The batch is changed meanwhile, and put back.
    /// </summary>
    public readonly bool Follows(Span<byte> batch, ChainHash before)
    {
        before.CopyTo(batch[ChainOffset..]);
        MemoryMarshal.Write(batch[ChecksumOffset..], 0u);
        var computed = Hash(batch);
        Chain.CopyTo(batch[ChainOffset..]);
        MemoryMarshal.Write(batch[ChecksumOffset..], Checksum);
        return computed == Chain;
    }

    /// <summary>How long the batch that begins some bytes says it is; 0 where there is no header.</summary>
    public static int LengthOf(ReadOnlySpan<byte> bytes) =>
        bytes.Length < Bytes ? 0 : unchecked(MemoryMarshal.Read<PartitionBatchHeader>(bytes).BodyLength + Bytes);

    private static ChainHash Hash(ReadOnlySpan<byte> batch)
    {
        Span<byte> hash = stackalloc byte[ChainHash.Bytes];
        SHA256.HashData(batch, hash);
        return new ChainHash(hash);
    }

    private static uint ChecksumOf(ReadOnlySpan<byte> batch) =>
        Crc32C.Of(batch[..ChecksumOffset], batch[Bytes..]);
}
