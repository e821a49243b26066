using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace OrleansWallet.Ledger;

/// <summary>
/// Tells of nearly every hash that is not in a set that it isn't: a split block Bloom filter (as in Apache Parquet):
/// 32 bytes a block, eight bits set in it for each hash. With 24 bits for each id, about 1 in 10,000 slips
/// through: each that does costs a read of the disk, or a question to the database.
/// </summary>
public sealed class IdFilter
{
    /// <summary>How many bytes it has for each id.</summary>
    public const int BytesPerId = 3;

    private const int BlockBytes = 32;

    private static readonly Vector256<uint> Salts = Vector256.Create(
        0x47b6137bu, 0x44974d91u, 0x8824ad5bu, 0xa2b7289du, 0x705495c7u, 0x2df1424bu, 0x9efc4947u, 0x5c6bfb31u);

    private readonly byte[] blocks;
    private readonly ulong blockCount;

    /// <summary>A filter over its bytes, which it keeps; zeros are an empty one.</summary>
    public IdFilter(byte[] bytes)
    {
        blocks = bytes;
        blockCount = (ulong)bytes.Length / BlockBytes;
    }

    /// <summary>The filter's bytes.</summary>
    public ReadOnlySpan<byte> Bytes => blocks;

    /// <summary>How many bytes a filter for so many ids has; at most 2^31 - 64, 7·10^8 ids.</summary>
    public static int BytesFor(long ids) =>
        (int)Math.Min((Math.Max(ids, 1) * BytesPerId + BlockBytes - 1) / BlockBytes * BlockBytes, int.MaxValue - 63);

    /// <summary>Adds a hash to the set.</summary>
    public void Add(ulong hash)
    {
        ref var block = ref BlockOf(hash);
        block |= MaskOf(hash);
    }

    /// <summary>Whether the hash may be in the set; <paramref name="mask"/> is that of the hash.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool MayContain(ulong hash, Vector256<uint> mask) => (BlockOf(hash) & mask) == mask;

    /// <summary>The bits that a hash sets in its block, the same in every filter.</summary>
    public static Vector256<uint> MaskOf(ulong hash)
    {
        var bits = (Vector256.Create((uint)hash) * Salts) >>> 27;
        if (Avx2.IsSupported) return Avx2.ShiftLeftLogicalVariable(Vector256<uint>.One, bits);
        Span<uint> mask = stackalloc uint[8];
        for (var i = 0; i < mask.Length; i++) mask[i] = 1u << (int)bits[i];
        return Vector256.Create<uint>(mask);
    }

    /// <summary>Asks the processor to have what tells of a hash at hand soon.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public unsafe void Prefetch(ulong hash)
    {
        if (Sse.IsSupported) Sse.Prefetch0(Unsafe.AsPointer(ref BlockOf(hash)));
    }

    // The block follows the hash's upper half, so filling a filter in the order of hashes goes through it once.
    private ref Vector256<uint> BlockOf(ulong hash)
    {
        var block = ((hash >> 32) * blockCount) >> 32;
        return ref Unsafe.As<byte, Vector256<uint>>(ref Unsafe.Add(
            ref MemoryMarshal.GetArrayDataReference(blocks), (nint)block * BlockBytes));
    }
}
