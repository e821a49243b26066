using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics.X86;

namespace OrleansWallet.Partitions;

/// <summary>Asks the processor for memory ahead of its use.</summary>
internal static class Ahead
{
    private const int LineBytes = 64;

    /// <summary>
    /// Asks for the beginning of an object, 128 bytes. Should the object be moved meanwhile, nothing is gained and
    /// nothing lost.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static unsafe void Prefetch(object item)
    {
        if (!Sse.IsSupported) return;
        var begin = *(byte**)Unsafe.AsPointer(ref item);
        Sse.Prefetch0(begin);
        Sse.Prefetch0(begin + LineBytes);
    }
}
