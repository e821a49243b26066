using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace OrleansWallet.Embedded.Index;

/// <summary>
/// How an index file begins: one page, of which the first 72 bytes mean something and the rest is zeros.
/// </summary>
[StructLayout(LayoutKind.Sequential, Pack = 1)]
internal struct RunHeader
{
    private const ulong MagicNumber = 0x4954454C4C41574F;
    private const uint FormatVersion = 1;

    private ulong magic;
    private uint version;
    private uint pageBytes;
    public Guid LedgerId;
    public long Id;
    public long Count;
    public long Pages;
    public int FilterBytes;
    public uint FilterChecksum;
    public uint FirstHashesChecksum;
    public uint Checksum;

    public readonly long FirstHashesOffset => IndexRun.PageBytes * (Pages + 1);

    public readonly long FilterOffset => FirstHashesOffset + Pages * sizeof(ulong);

    public static RunHeader Read(ReadOnlySpan<byte> page, string path)
    {
        var header = MemoryMarshal.Read<RunHeader>(page);
        if (header.magic == MagicNumber && header.version > FormatVersion)
            throw new InvalidDataException($"{path} has the newer format version {header.version}.");
        var stored = header.Checksum;
        if (header.magic != MagicNumber || header.pageBytes != IndexRun.PageBytes || stored != header.ComputeChecksum()
            || page[Unsafe.SizeOf<RunHeader>()..].ContainsAnyExcept((byte)0))
            throw new InvalidDataException($"{path} does not begin as an index file does, or is damaged there.");
        return header;
    }

    public void WriteTo(Span<byte> page)
    {
        magic = MagicNumber;
        version = FormatVersion;
        pageBytes = IndexRun.PageBytes;
        Checksum = ComputeChecksum();
        MemoryMarshal.Write(page, this);
    }

    private readonly uint ComputeChecksum()
    {
        var copy = this;
        copy.Checksum = 0;
        return Crc.Of(MemoryMarshal.AsBytes(MemoryMarshal.CreateReadOnlySpan(ref copy, 1)));
    }
}
