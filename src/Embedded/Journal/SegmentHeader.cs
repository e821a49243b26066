using System.Globalization;
using System.Runtime.InteropServices;

namespace OrleansWallet.Embedded.Journal;

/// <summary>
/// How a journal segment begins, 128 bytes, little-endian. Then come batches, one after the other. A place in the
/// journal is a byte's number among all batches of all segments, the headers of segments not counted.
/// </summary>
/// <param name="LedgerId">Which ledger this is; a segment of another is refused.</param>
/// <param name="BasePlace">The place of its first byte after the header; also its name.</param>
/// <param name="FirstSequence">The sequence number of its first event.</param>
/// <param name="Chain">The hash chain's value before its first batch, 32 bytes.</param>
internal sealed record SegmentHeader(Guid LedgerId, long BasePlace, long FirstSequence, byte[] Chain)
{
    public const int Bytes = 128;
    public const int FormatVersion = 1;
    private const string NameEnding = ".journal";
    private static readonly byte[] Magic = "OWALLETJ"u8.ToArray();

    /// <summary>The segment's file name; names in order are segments in order.</summary>
    public string FileName => BasePlace.ToString("D20", CultureInfo.InvariantCulture) + NameEnding;

    /// <summary>Whether a file's name is that of a segment.</summary>
    public static bool IsFileName(string name, out long basePlace)
    {
        basePlace = -1;
        return name.EndsWith(NameEnding, StringComparison.Ordinal) && name.Length == 20 + NameEnding.Length
            && long.TryParse(name.AsSpan(0, 20), NumberStyles.None, CultureInfo.InvariantCulture, out basePlace);
    }

    /// <summary>The header's bytes.</summary>
    public byte[] ToBytes()
    {
        var bytes = new byte[Bytes];
        var layout = new Layout
        {
            Magic = MemoryMarshal.Read<ulong>(Magic),
            Version = FormatVersion,
            HeaderBytes = Bytes,
            LedgerId = LedgerId,
            BasePlace = BasePlace,
            FirstSequence = FirstSequence,
        };
        MemoryMarshal.Write(bytes, layout);
        Chain.CopyTo(bytes.AsSpan(Layout.Size));
        MemoryMarshal.Write(bytes.AsSpan(Bytes - 4), ChecksumOf(bytes));
        return bytes;
    }

    /// <summary>Reads a header, or tells why the bytes are none.</summary>
    public static SegmentHeader? Read(ReadOnlySpan<byte> bytes, out string? fault)
    {
        fault = null;
        if (bytes.Length < Bytes) fault = $"it has {bytes.Length} bytes, and a header alone has {Bytes}";
        else if (!bytes.StartsWith(Magic)) fault = "it does not begin as a journal segment does";
        else if (MemoryMarshal.Read<Layout>(bytes) is var layout && layout.Version > FormatVersion)
            fault = $"it has format version {layout.Version}, and this program knows up to {FormatVersion}: "
                + "use a newer one";
        else if (MemoryMarshal.Read<uint>(bytes[(Bytes - 4)..]) != ChecksumOf(bytes)) fault = "its header is damaged";
        else
            return new SegmentHeader(
                layout.LedgerId, layout.BasePlace, layout.FirstSequence, bytes.Slice(Layout.Size, 32).ToArray());
        return null;
    }

    private static uint ChecksumOf(ReadOnlySpan<byte> header) => Crc.Of(header[..(Bytes - 4)]);

    [StructLayout(LayoutKind.Sequential, Pack = 1)]
    private struct Layout
    {
        public const int Size = 48;
        public ulong Magic;
        public uint Version;
        public uint HeaderBytes;
        public Guid LedgerId;
        public long BasePlace;
        public long FirstSequence;
    }
}
