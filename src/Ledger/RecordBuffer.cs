using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics.X86;

namespace OrleansWallet.Ledger;

/// <summary>
/// Where a batch's records are written, one after the other, before they go to the journal together. A record's
/// place is <see cref="FirstPlace"/> plus its offset. One thread at a time.
/// </summary>
/// <param name="capacity">How many bytes of records it takes. Nothing grows: the host bounds what it executes.</param>
/// <param name="headroom">Bytes left free in front of the records, for the host's own header.</param>
public sealed class RecordBuffer(int capacity, int headroom = 0)
{
    /// <summary>The largest alignment <see cref="Framed"/> pads to.</summary>
    public const int AlignmentMax = 64;

    private const int LineBytes = 64;

    private readonly byte[] bytes =
        GC.AllocateUninitializedArray<byte>(headroom + capacity + AlignmentMax, pinned: true);

    /// <summary>The place of the first record; the host sets it when the batch begins.</summary>
    public long FirstPlace { get; private set; }

    /// <summary>Bytes of records.</summary>
    public int Length { get; private set; }

    /// <summary>Records in it.</summary>
    public int Count { get; private set; }

    /// <summary>Whether so many records of any kind find room.</summary>
    public bool HasRoomFor(int records) => (long)records * Records.LengthMax <= capacity - Length;

    /// <summary>How many records of any kind find room.</summary>
    public int Room => (capacity - Length) / Records.LengthMax;

    /// <summary>The records.</summary>
    public ReadOnlySpan<byte> Written => bytes.AsSpan(headroom, Length);

    /// <summary>
    /// The host's header, the records, and zeros up to a multiple of <paramref name="alignment"/>. The host seals its
    /// header and writes nothing else.
    /// </summary>
    public Span<byte> Framed(int alignment)
    {
        var end = headroom + Length;
        var framed = (end + alignment - 1) / alignment * alignment;
        bytes.AsSpan(end, framed - end).Clear();
        return bytes.AsSpan(0, framed);
    }

    /// <summary>The host's header and the records, as memory that stays as it is until the next batch begins.</summary>
    public Memory<byte> FramedMemory() => bytes.AsMemory(0, headroom + Length);

    /// <summary>Begins a new batch.</summary>
    public void Reset(long firstPlace)
    {
        FirstPlace = firstPlace;
        Length = 0;
        Count = 0;
    }

    /// <summary>Makes room for one record of that length, a multiple of 8. The bytes are not cleared.</summary>
    public Span<byte> Append(int length, out long place)
    {
        if (length > capacity - Length) throw new InvalidOperationException("The batch is larger than its buffer.");
        var record = bytes.AsSpan(headroom + Length, length);
        place = FirstPlace + Length;
        Length += length;
        Count++;
        return record;
    }

    /// <summary>Asks the processor to have the memory of the next records at hand soon.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public unsafe void Prefetch()
    {
        if (!Sse.IsSupported) return;
        // The last record's line is at hand already. What lies behind the buffer harms nothing.
        var begin = (byte*)Unsafe.AsPointer(ref MemoryMarshal.GetArrayDataReference(bytes));
        var next = begin + headroom + Length + LineBytes;
        Sse.Prefetch0(next);
        Sse.Prefetch0(next + LineBytes);
    }

    /// <summary>The bytes from a place on, if this batch has it.</summary>
    public bool TryRead(long place, out ReadOnlySpan<byte> from)
    {
        var offset = place - FirstPlace;
        var has = offset >= 0 && offset < Length;
        from = has ? bytes.AsSpan(headroom + (int)offset, Length - (int)offset) : default;
        return has;
    }
}
