using System.Numerics;
using System.Runtime.InteropServices;

namespace OrleansWallet.Embedded;

/// <summary>CRC-32C (Castagnoli, as in iSCSI, RFC 3720), with the processor's instruction where it has one.</summary>
internal static class Crc
{
    /// <summary>The checksum of some bytes.</summary>
    public static uint Of(ReadOnlySpan<byte> bytes)
    {
        var crc = ~0u;
        var words = MemoryMarshal.Cast<byte, ulong>(bytes);
        foreach (var word in words) crc = BitOperations.Crc32C(crc, word);
        foreach (var rest in bytes[(words.Length * 8)..]) crc = BitOperations.Crc32C(crc, rest);
        return ~crc;
    }
}
