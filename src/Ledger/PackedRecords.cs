using System.Buffers.Binary;
using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics.X86;

namespace OrleansWallet.Ledger;

/// <summary>
/// Records in about half the bytes: of each, only those that differ from the last record of its kind. Neighbours share
/// most of theirs: the high bytes of times, numbers and balances, the names of accounts. Packed and unpacked again,
/// records are the same to the byte, so their places don't change. The layout is in docs/format.md.
/// </summary>
public static class PackedRecords
{
    private const int WordBytes = 8;
    private const int LengthBytes = 4;
    // Kind and number of words.
    private const int StartBytes = 2;
    private const int KindsMax = 32;
    private const ulong LowBits = 0x0101_0101_0101_0101;
    private const ulong HighBits = LowBits << 7;

    /// <summary>The longest content that <see cref="Unpack"/> makes: what a batch can have, in bytes.</summary>
    public const int UnpackedMax = 1 << 24;

    /// <summary>How many bytes so many bytes of records can become at most: a little more than they were.</summary>
    public static int RoomFor(int length) =>
        checked(LengthBytes + length / WordBytes * (WordBytes + 1) + length / Records.LengthMin * StartBytes);

    /// <summary>Packs records.</summary>
    /// <param name="records">Sealed records, one after the other.</param>
    /// <param name="packed">Where they go; there is <see cref="RoomFor"/> them.</param>
    /// <returns>How many bytes they have become.</returns>
    public static int Pack(ReadOnlySpan<byte> records, Span<byte> packed)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(packed.Length, RoomFor(records.Length));
        BinaryPrimitives.WriteInt32LittleEndian(packed, records.Length);
        var written = LengthBytes;
        var last = default(LastOfKinds);
        for (var at = 0; at < records.Length;)
        {
            ref readonly var header = ref Records.As<RecordHeader>(records[at..]);
            var words = header.Length / WordBytes;
            packed[written++] = (byte)header.Kind;
            packed[written++] = (byte)words;
            var before = last.Take(records, at, header);
            written += PackOne(WordsOf(records.Slice(at, header.Length)), before, packed[written..]);
            at += header.Length;
        }
        return written;
    }

    /// <summary>Unpacks records.</summary>
    /// <param name="packed">What <see cref="Pack"/> has made.</param>
    /// <returns>The records, one after the other, sealed; null where these are no packed records.</returns>
    public static byte[]? Unpack(ReadOnlySpan<byte> packed)
    {
        if (packed.Length < LengthBytes) return null;
        var length = BinaryPrimitives.ReadInt32LittleEndian(packed);
        if (length is < 0 or > UnpackedMax) return null;
        var records = new byte[length];
        packed = packed[LengthBytes..];
        var last = default(LastOfKinds);
        for (var at = 0; at < length;)
        {
            if (packed.Length < StartBytes || packed[0] >= KindsMax) return null;
            var bytes = packed[1] * WordBytes;
            if (bytes < Records.LengthMin || bytes > Records.LengthMax || bytes > length - at) return null;
            ref var header = ref Records.As<RecordHeader>(records.AsSpan(at));
            header = new RecordHeader { Length = (ushort)bytes, Kind = (RecordKind)packed[0] };
            packed = packed[StartBytes..];
            var before = last.Take(records, at, header);
            if (!TryUnpackOne(ref packed, before, WordsOf(records.AsSpan(at, bytes)))) return null;
            Records.Seal(records.AsSpan(at, bytes));
            at += bytes;
        }
        return packed.IsEmpty ? records : null;
    }

    // The first word is length, kind and checksum, which are known or computed anew.
    private static int PackOne(ReadOnlySpan<ulong> record, ReadOnlySpan<ulong> before, Span<byte> packed)
    {
        ref var to = ref MemoryMarshal.GetReference(packed);
        for (var i = 1; i < record.Length; i++)
        {
            var difference = record[i] ^ (i < before.Length ? before[i] : 0);
            var differs = ((difference & ~HighBits) + ~HighBits | difference) & HighBits;
            var mask = (byte)((differs >> 7) * 0x0102_0408_1020_4080 >> 56);
            to = mask;
            Unsafe.WriteUnaligned(ref Unsafe.Add(ref to, 1), Gather(difference, (differs >> 7) * 0xFF));
            to = ref Unsafe.Add(ref to, 1 + BitOperations.PopCount(mask));
        }
        return (int)Unsafe.ByteOffset(ref MemoryMarshal.GetReference(packed), ref to);
    }

    private static bool TryUnpackOne(ref ReadOnlySpan<byte> packed, ReadOnlySpan<ulong> before, Span<ulong> record)
    {
        for (var i = 1; i < record.Length; i++)
        {
            if (packed.IsEmpty) return false;
            var mask = packed[0];
            var count = BitOperations.PopCount(mask);
            if (packed.Length <= count) return false;
            var some = packed.Length > WordBytes
                ? BinaryPrimitives.ReadUInt64LittleEndian(packed[1..])
                : ReadLast(packed.Slice(1, count));
            record[i] = Scatter(some, mask) ^ (i < before.Length ? before[i] : 0);
            packed = packed[(1 + count)..];
        }
        return true;
    }

    private static ulong ReadLast(ReadOnlySpan<byte> bytes)
    {
        Span<byte> word = stackalloc byte[WordBytes];
        word.Clear();
        bytes.CopyTo(word);
        return BinaryPrimitives.ReadUInt64LittleEndian(word);
    }

    // The bytes that a mask of whole bytes shows, moved together.
    private static ulong Gather(ulong word, ulong mask) => Bmi2.X64.IsSupported
        ? Bmi2.X64.ParallelBitExtract(word, mask)
        : GatherOneByOne(word, mask);

    // Puts bytes back where a mask, one bit a byte, says they were.
    private static ulong Scatter(ulong gathered, byte mask) => Bmi2.X64.IsSupported
        ? Bmi2.X64.ParallelBitDeposit(gathered, Bmi2.X64.ParallelBitDeposit(mask, LowBits) * 0xFF)
        : ScatterOneByOne(gathered, mask);

    /// <summary>The same where the processor has no instruction for it.</summary>
    internal static ulong GatherOneByOne(ulong word, ulong mask)
    {
        var gathered = 0UL;
        for (var (from, to) = (0, 0); from < 64; from += 8)
        {
            if ((mask >> from & 1) == 0) continue;
            gathered |= (word >> from & 0xFF) << to;
            to += 8;
        }
        return gathered;
    }

    /// <summary>The same where the processor has no instruction for it.</summary>
    internal static ulong ScatterOneByOne(ulong gathered, byte mask)
    {
        var word = 0UL;
        for (var i = 0; i < WordBytes; i++)
        {
            if ((mask >> i & 1) == 0) continue;
            word |= (gathered & 0xFF) << (i * 8);
            gathered >>= 8;
        }
        return word;
    }

    private static ReadOnlySpan<ulong> WordsOf(ReadOnlySpan<byte> record) => MemoryMarshal.Cast<byte, ulong>(record);

    private static Span<ulong> WordsOf(Span<byte> record) => MemoryMarshal.Cast<byte, ulong>(record);

    // Where the last record of each kind begins, and one.
    [InlineArray(KindsMax)]
    private struct LastOfKinds
    {
        private int first;

        /// <summary>The words of the last record of that kind; this one takes its place.</summary>
        public ReadOnlySpan<ulong> Take(ReadOnlySpan<byte> records, int at, in RecordHeader header)
        {
            ref var last = ref this[(int)header.Kind];
            var before = last == 0 ? default : records[(last - 1)..];
            last = at + 1;
            return before.IsEmpty ? default : WordsOf(before[..Records.As<RecordHeader>(before).Length]);
        }
    }
}
