using System.Runtime.InteropServices;

namespace OrleansWallet.Storage.Partitions;

/// <summary>
/// What a snapshot's row says of it, 108 bytes, little-endian: its point, and the image that its chunks are.
/// </summary>
[StructLayout(LayoutKind.Sequential, Pack = 1)]
internal struct PartitionSnapshotHeader
{
    public const int Bytes = 108;
    private const uint MagicNumber = 0x5350_504F;
    private const ushort FormatVersion = 1;
    private const int ChecksumOffset = 104;

    private uint magic;
    private ushort version;
    private short partition;
    private long sequence;
    private int activation;
    private int chunks;
    private long nextEvent;
    private long imageBytes;
    private ChainHash chain;
    private ChainHash imageHash;
    private uint checksum;

    /// <summary>The header of an image.</summary>
    public PartitionSnapshotHeader(in PartitionPoint point, int chunks, long imageBytes, ChainHash imageHash)
    {
        magic = MagicNumber;
        version = FormatVersion;
        partition = (short)point.Partition;
        sequence = point.Sequence;
        activation = point.Activation;
        nextEvent = point.NextEvent;
        chain = point.Chain;
        this.chunks = chunks;
        this.imageBytes = imageBytes;
        this.imageHash = imageHash;
    }

    /// <summary>The point it was taken at.</summary>
    public readonly PartitionPoint Point => new(partition, sequence, activation, nextEvent, chain);

    /// <summary>How many chunks the image has.</summary>
    public readonly int Chunks => chunks;

    /// <summary>How long the image is.</summary>
    public readonly long ImageBytes => imageBytes;

    /// <summary>SHA-256 of the image.</summary>
    public readonly ChainHash ImageHash => imageHash;

    /// <summary>The header as it is stored.</summary>
    public byte[] ToBytes()
    {
        var bytes = new byte[Bytes];
        MemoryMarshal.Write(bytes, this);
        checksum = Crc32C.Of(bytes.AsSpan(0, ChecksumOffset));
        MemoryMarshal.Write(bytes.AsSpan(ChecksumOffset), checksum);
        return bytes;
    }

    /// <summary>What is wrong with a header; null where nothing is, and then it is given.</summary>
    public static string? FaultOf(
        ReadOnlySpan<byte> bytes, int partition, long sequence, out PartitionSnapshotHeader header)
    {
        header = default;
        if (bytes.Length < Bytes) return "its header is cut short";
        header = MemoryMarshal.Read<PartitionSnapshotHeader>(bytes);
        if (header.magic != MagicNumber) return "it doesn't begin as a snapshot does";
        if (header.version > FormatVersion) return $"it has the newer format version {header.version}";
        if (bytes.Length != Bytes || header.checksum != Crc32C.Of(bytes[..ChecksumOffset]))
            return "its header is damaged";
        return header.partition == partition && header.sequence == sequence ? null : "another one lies in its place";
    }
}
