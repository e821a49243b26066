using System.Runtime.Intrinsics.X86;
using System.Security.Cryptography;

namespace OrleansWallet.Ledger.Tests;

public sealed class PackedRecordTests
{
    private const int Seed = 20_261_126;

    private static byte[] OfAllKinds =>
    [
        .. GoldenLedger.Run().Kept.All().SelectMany(each => each.Record),
        .. GoldenChannels.RecordsOf(GoldenChannels.Run()).SelectMany(record => record),
        .. GoldenLegs.RecordsOf(GoldenLegs.Run()).SelectMany(record => record),
    ];

    [Fact]
    public void Records_of_all_kinds_come_back_to_the_byte() => Assert.Equal(OfAllKinds, Again(OfAllKinds));

    [Fact]
    public void The_packed_form_of_the_golden_records_is_the_same_for_ever()
    {
        var packed = Packed(OfAllKinds);

        Assert.Equal("DCEB34A73E8A81CFE2F621C27CCCB68B", Convert.ToHexString(SHA256.HashData(packed)[..16]));
    }

    [Fact]
    public void Each_word_is_a_mask_and_the_bytes_that_differ_from_the_last_record_of_its_kind()
    {
        byte[] one = Record(kind: 24, words: 6, word => (ulong)word);
        byte[] two = Record(kind: 24, words: 6, word => word == 3 ? 0x00FF_0000_0000_0003UL : (ulong)word);

        Assert.Equal(
            "60000000" + "1806" + "0101" + "0102" + "0103" + "0104" + "0105" + "1806" + "00" + "00" + "40FF" + "00" + "00",
            Convert.ToHexString(Packed([.. one, .. two])));
    }

    [Fact]
    public void No_records_are_none() => Assert.Equal<byte[]?>([], Again([]));

    [Fact]
    public void Whatever_they_contain_records_come_back_and_find_room()
    {
        var random = new Random(Seed);
        for (var round = 0; round < 2_000; round++)
        {
            var records = Drawn(random);
            Assert.Equal(records, Again(records));
        }
    }

    [Fact]
    public void What_is_cut_short_or_goes_on_is_told()
    {
        var packed = Packed(OfAllKinds);
        for (var length = 0; length < packed.Length; length++)
            Assert.Null(PackedRecords.Unpack(packed.AsSpan(0, length)));
        Assert.Null(PackedRecords.Unpack([.. packed, 0]));
    }

    [Fact]
    public void Whatever_the_bytes_they_are_unpacked_or_refused_and_nothing_else()
    {
        var random = new Random(Seed);
        var refused = 0;
        for (var round = 0; round < 20_000; round++)
        {
            var packed = Packed(Drawn(random));
            for (var flips = random.Next(1, 4); flips > 0; flips--)
                packed[random.Next(packed.Length)] ^= (byte)(1 << random.Next(8));
            if (PackedRecords.Unpack(packed) is not { } records)
            {
                refused++;
                continue;
            }
            // What comes out is whole records, whatever is in them.
            for (var rest = records.AsSpan(); rest.Length > 0;)
            {
                var length = Records.As<RecordHeader>(rest).Length;
                Assert.InRange(length, Records.LengthMin, rest.Length);
                rest = rest[length..];
            }
        }
        Assert.InRange(refused, 1_000, 19_000);
    }

    [Fact]
    public void Too_little_room_is_told() => Assert.Throws<ArgumentOutOfRangeException>(
        () => PackedRecords.Pack(OfAllKinds, new byte[PackedRecords.RoomFor(OfAllKinds.Length) - 1]));

    [Fact]
    public void Bytes_are_moved_the_same_with_and_without_an_instruction_for_it()
    {
        if (!Bmi2.X64.IsSupported) return;
        var random = new Random(Seed);
        for (var mask = 0; mask <= byte.MaxValue; mask++)
        {
            var word = (ulong)random.NextInt64();
            var bytes = Bmi2.X64.ParallelBitDeposit((ulong)mask, 0x0101_0101_0101_0101) * 0xFF;
            Assert.Equal(Bmi2.X64.ParallelBitExtract(word, bytes), PackedRecords.GatherOneByOne(word, bytes));
            Assert.Equal(
                Bmi2.X64.ParallelBitDeposit(word, bytes), PackedRecords.ScatterOneByOne(word, (byte)mask));
        }
    }

    private static byte[] Drawn(Random random)
    {
        var records = new List<byte>();
        for (var count = random.Next(1, 40); count > 0; count--)
        {
            var dense = random.NextDouble();
            records.AddRange(Record(
                (byte)random.Next(1, 32), random.Next(Records.LengthMin / 8, Records.LengthMax / 8 + 1),
                _ => random.NextDouble() < dense ? (ulong)random.NextInt64(long.MinValue, long.MaxValue) : 0));
        }
        return [.. records];
    }

    private static byte[] Record(byte kind, int words, Func<int, ulong> word)
    {
        var record = new byte[words * 8];
        for (var i = 1; i < words; i++) BitConverter.TryWriteBytes(record.AsSpan(i * 8), word(i));
        ref var header = ref Records.As<RecordHeader>(record.AsSpan());
        (header.Length, header.Kind) = ((ushort)record.Length, (RecordKind)kind);
        Records.Seal(record);
        return record;
    }

    private static byte[] Packed(byte[] records)
    {
        var packed = new byte[PackedRecords.RoomFor(records.Length)];
        return packed[..PackedRecords.Pack(records, packed)];
    }

    private static byte[]? Again(byte[] records) => PackedRecords.Unpack(Packed(records));
}
