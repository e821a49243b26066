using System.Globalization;
using System.Runtime.InteropServices;
using OrleansWallet.Embedded.Journal;

namespace OrleansWallet.Embedded.Snapshots;

/// <summary>
/// How a snapshot begins, 160 bytes, little-endian; the partition's image follows.
/// </summary>
/// <param name="LedgerId">Which ledger it is of.</param>
/// <param name="Point">The journal's point it was taken at.</param>
/// <param name="ImageBytes">How long the image is.</param>
/// <param name="ImageHash">SHA-256 of the image.</param>
internal sealed record SnapshotHeader(Guid LedgerId, JournalPoint Point, long ImageBytes, byte[] ImageHash)
{
    public const int Bytes = 160;
    private const uint FormatVersion = 1;
    private const string NameEnding = ".snapshot";
    private static ReadOnlySpan<byte> Magic => "OWALLETS"u8;

    /// <summary>The number of the last event it includes.</summary>
    public long Sequence => Point.NextSequence - 1;

    public static string FileName(long sequence) =>
        sequence.ToString("D20", CultureInfo.InvariantCulture) + NameEnding;

    /// <summary>Whether a name is exactly one that a snapshot gets.</summary>
    public static bool IsFileName(string name) =>
        name.EndsWith(NameEnding, StringComparison.Ordinal) && long.TryParse(
            name.AsSpan(0, name.Length - NameEnding.Length), NumberStyles.None, CultureInfo.InvariantCulture,
            out var sequence) && FileName(sequence) == name;

    public byte[] ToBytes()
    {
        var bytes = new byte[Bytes];
        Magic.CopyTo(bytes);
        MemoryMarshal.Write(bytes.AsSpan(8), FormatVersion);
        MemoryMarshal.Write(bytes.AsSpan(16), LedgerId);
        MemoryMarshal.Write(bytes.AsSpan(32), Point.Place);
        MemoryMarshal.Write(bytes.AsSpan(40), Point.NextSequence);
        Point.Chain.CopyTo(bytes.AsSpan(48));
        MemoryMarshal.Write(bytes.AsSpan(80), ImageBytes);
        ImageHash.CopyTo(bytes.AsSpan(88));
        MemoryMarshal.Write(bytes.AsSpan(Bytes - 4), Crc.Of(bytes.AsSpan(0, Bytes - 4)));
        return bytes;
    }

    /// <exception cref="InvalidDataException">The bytes are no such header, or a newer version's.</exception>
    public static SnapshotHeader Read(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length < Bytes || !bytes.StartsWith(Magic))
            throw new InvalidDataException("it does not begin as a snapshot does");
        if (MemoryMarshal.Read<uint>(bytes[8..]) is var version && version > FormatVersion)
            throw new InvalidDataException($"it has the newer format version {version}");
        if (MemoryMarshal.Read<uint>(bytes[(Bytes - 4)..]) != Crc.Of(bytes[..(Bytes - 4)]))
            throw new InvalidDataException("its header is damaged");
        var point = new JournalPoint(
            MemoryMarshal.Read<long>(bytes[32..]), MemoryMarshal.Read<long>(bytes[40..]),
            bytes.Slice(48, 32).ToArray());
        return new SnapshotHeader(
            MemoryMarshal.Read<Guid>(bytes[16..]), point, MemoryMarshal.Read<long>(bytes[80..]),
            bytes.Slice(88, 32).ToArray());
    }
}
