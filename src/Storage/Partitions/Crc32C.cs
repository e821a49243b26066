using System.Numerics;
using System.Runtime.InteropServices;

namespace OrleansWallet.Storage.Partitions;

/// <summary>CRC-32C (Castagnoli, as in iSCSI, RFC 3720), with the processor's instruction where it has one.</summary>
public static class Crc32C
{
    /// <summary>The checksum of some bytes.</summary>
    public static uint Of(ReadOnlySpan<byte> bytes) => ~Extend(~0u, bytes);

    /// <summary>The checksum of some bytes and others after them.</summary>
    public static uint Of(ReadOnlySpan<byte> first, ReadOnlySpan<byte> second) =>
        ~Extend(Extend(~0u, first), second);

    private static uint Extend(uint crc, ReadOnlySpan<byte> bytes)
    {
        var words = MemoryMarshal.Cast<byte, ulong>(bytes);
        foreach (var word in words) crc = BitOperations.Crc32C(crc, word);
        foreach (var rest in bytes[(words.Length * sizeof(ulong))..]) crc = BitOperations.Crc32C(crc, rest);
        return crc;
    }
}
