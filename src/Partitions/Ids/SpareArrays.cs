using System.Runtime.CompilerServices;
using OrleansWallet.Ledger;

namespace OrleansWallet.Partitions.Ids;

/// <summary>
/// Large arrays whose owners are done with them, kept for those to come: to clear one costs a tenth of what it costs to
/// have the system find as much memory anew (docs/decisions/0018). Any thread.
/// </summary>
/// <param name="bytesMax">How many bytes are kept at most; what is over it is left to the garbage collector.</param>
internal sealed class SpareArrays<T>(long bytesMax) where T : unmanaged
{
    private readonly Lock gate = new();
    private readonly List<T[]> arrays = [];
    private long bytes;

    /// <summary>How many are kept.</summary>
    public int Count
    {
        get
        {
            lock (gate) return arrays.Count;
        }
    }

    /// <summary>An array of zeros of that length or up to twice as many.</summary>
    public T[] Take(int length)
    {
        lock (gate)
        {
            var place = arrays.FindIndex(array => array.Length >= length && array.Length / 2 <= length);
            if (place >= 0)
            {
                var array = arrays[place];
                arrays.RemoveAt(place);
                bytes -= BytesOf(array);
                return array;
            }
        }
        return HugePages.Allocate<T>(length);
    }

    /// <summary>Gives an array back that nobody uses any more. It is cleared on another thread.</summary>
    public void Give(T[] array) => ThreadPool.UnsafeQueueUserWorkItem(Keep, array, preferLocal: false);

    private void Keep(T[] array)
    {
        lock (gate)
        {
            if (bytes + BytesOf(array) > bytesMax) return;
            bytes += BytesOf(array);
        }
        array.AsSpan().Clear();
        lock (gate) arrays.Add(array);
    }

    private static long BytesOf(T[] array) => (long)array.Length * Unsafe.SizeOf<T>();
}
