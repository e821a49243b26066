using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace OrleansWallet.Ledger;

/// <summary>
/// Large arrays that are read at random places. Where the system can, it is asked to back them with pages of 2 MiB: a
/// table of 64 MiB has 16,384 pages of 4 KiB, far more than the processor knows the places of by heart.
/// </summary>
public static partial class HugePages
{
    private const int PageBytes = 2 << 20;
    private const int AdviceHugePage = 14;

    /// <summary>An array of zeros that never moves.</summary>
    public static unsafe T[] Allocate<T>(int length) where T : unmanaged
    {
        var array = GC.AllocateArray<T>(length, pinned: true);
        if (!OperatingSystem.IsLinux()) return array;
        var begin = (nuint)Unsafe.AsPointer(ref MemoryMarshal.GetArrayDataReference(array));
        var end = begin + (nuint)length * (nuint)sizeof(T);
        var first = (begin + PageBytes - 1) / PageBytes * PageBytes;
        var last = end / PageBytes * PageBytes;
        // Only advice: a system that doesn't take it serves as before, and only slower.
        if (first < last) _ = MAdvise(first, last - first, AdviceHugePage);
        return array;
    }

    [LibraryImport("libc", EntryPoint = "madvise")]
    private static partial int MAdvise(nuint address, nuint length, int advice);
}
