using System.Runtime.InteropServices;
using OrleansWallet.Storage.Partitions;

namespace OrleansWallet.Partitions.Ids;

/// <summary>What a run's row says of it, 68 bytes, little-endian. The layout is in docs/format.md.</summary>
[StructLayout(LayoutKind.Sequential, Pack = 1)]
internal struct IdRunHeader
{
    public const int Bytes = 68;

    /// <summary>How many ids a page has at most on average.</summary>
    public const int PageIdsMean = 64;

    /// <summary>How many bytes of a filter a page behind those of the ids has; the last may have fewer.</summary>
    public const int FilterPageBytes = 3_968;

    private const uint MagicNumber = 0x5249_504F;
    private const ushort FormatVersion = 1;
    private const int ChecksumOffset = 64;
    private const int PageBitsMax = 29;

    private uint magic;
    private ushort version;
    private short partition;
    public Guid Run;
    public Guid Key;
    public long Sequence;
    public long Count;
    public int FilterBytes;
    public IdIndexKind Kind;
    public byte PageBits;
    private short reserved;
    private uint checksum;

    static IdRunHeader()
    {
        if (!BitConverter.IsLittleEndian) throw new PlatformNotSupportedException("Runs are little-endian.");
    }

    /// <summary>How many pages of ids the run has.</summary>
    public readonly int Pages => 1 << PageBits;

    /// <summary>How many pages of the filter are behind them.</summary>
    public readonly int FilterPages => (FilterBytes + FilterPageBytes - 1) / FilterPageBytes;

    /// <summary>Which page has the ids of a hash.</summary>
    public readonly int PageOf(ulong hash) => (int)(hash >> 1 >> (63 - PageBits));

    /// <summary>How many bits of a hash tell the page, where there are so many ids.</summary>
    public static byte PageBitsFor(long count)
    {
        var bits = 0;
        while (bits < PageBitsMax && count > (long)PageIdsMean << bits) bits++;
        return (byte)bits;
    }

    /// <summary>The header as it is stored.</summary>
    public byte[] ToBytes(int partitionNumber)
    {
        (magic, version, partition) = (MagicNumber, FormatVersion, (short)partitionNumber);
        var bytes = new byte[Bytes];
        MemoryMarshal.Write(bytes, this);
        checksum = Crc32C.Of(bytes.AsSpan(0, ChecksumOffset));
        MemoryMarshal.Write(bytes.AsSpan(ChecksumOffset), checksum);
        return bytes;
    }

    /// <summary>Reads the header of a run.</summary>
    /// <exception cref="PartitionIndexDamagedException">It is damaged, newer, or another run's.</exception>
    public static IdRunHeader Read(ReadOnlySpan<byte> bytes, int partition, Guid run, IdIndexKind kind, Guid key)
    {
        var header = bytes.Length < Bytes ? default : MemoryMarshal.Read<IdRunHeader>(bytes);
        var fault = header.magic != MagicNumber ? "doesn't begin as a run does"
            : header.version > FormatVersion ? $"has the newer format version {header.version}"
            : bytes.Length != Bytes || header.checksum != Crc32C.Of(bytes[..ChecksumOffset]) ? "has a damaged header"
            : header.partition != partition || header.Run != run || header.Kind != kind || header.Key != key
                ? "has another's header"
            : null;
        return fault is null ? header : throw new PartitionIndexDamagedException(partition, run, fault);
    }
}
