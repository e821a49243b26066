using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace OrleansWallet.Ledger.Tests;

public sealed class RecordTests
{
    private static readonly byte[][] OfOnePartition = [.. GoldenLedger.Run().Kept.All().Select(each => each.Record)];
    private static readonly byte[][] OfTwo = [.. GoldenChannels.RecordsOf(GoldenChannels.Run())];
    private static readonly byte[][] Legs = [.. GoldenLegs.RecordsOf(GoldenLegs.Run())];
    private static readonly byte[][] OneOfEachKind = [.. OfOnePartition, .. OfTwo, .. Legs];

    [Fact]
    public void The_kinds_of_records_have_their_numbers_for_ever() =>
        Assert.Equal(
            [
                ("TransferSucceeded", 1), ("TransferRefused", 2), ("AccountOpened", 3), ("AccountFrozen", 4),
                ("AccountUnfrozen", 5), ("TransferReserved", 16), ("TransferCancelling", 17), ("TransferSettled", 18),
                ("TransferReleased", 19), ("CreditPromised", 20), ("TransferCredited", 21), ("CreditRefused", 22),
                ("CreditCancelled", 23), ("IdClaimed", 24), ("DebitLeg", 25), ("CreditLeg", 26),
            ],
            Enum.GetValues<RecordKind>().Select(kind => (kind.ToString(), (int)kind)));

    [Fact]
    public void The_layouts_have_their_sizes_and_offsets_for_ever()
    {
        Assert.Equal(
            (24, 32, 120, 53, 32, 64),
            (Unsafe.SizeOf<RecordHeader>(), Unsafe.SizeOf<AccountSide>(), Unsafe.SizeOf<TransferRecord>(),
                Unsafe.SizeOf<RefusalRecord>(), Unsafe.SizeOf<OpenRecord>(), Unsafe.SizeOf<StatusRecord>()));
        Assert.Equal("Length 0, Kind 2, Reserved 3, Checksum 4, Sequence 8, AtMicros 16", Offsets<RecordHeader>());
        Assert.Equal("Balance 0, Version 8, Previous 16, Skip 24", Offsets<AccountSide>());
        Assert.Equal(
            "Header 0, Id 24, From 40, To 44, Amount 48, FromSide 56, ToSide 88", Offsets<TransferRecord>());
        Assert.Equal(
            "Header 0, Id 24, Amount 40, Currency 48, Rejection 50, FromLength 51, ToLength 52",
            Offsets<RefusalRecord>());
        Assert.Equal("Header 0, Number 24, Currency 28, IdLength 30, IsSettlement 31", Offsets<OpenRecord>());
        Assert.Equal("Header 0, Number 24, Reserved 28, Side 32", Offsets<StatusRecord>());
    }

    [Fact]
    public void The_layouts_between_partitions_have_their_sizes_and_offsets_for_ever()
    {
        Assert.Equal(
            (5, 69, 102, 72, 105, 42, 87),
            (Unsafe.SizeOf<PhaseStatus>(), Unsafe.SizeOf<ReservationRecord>(), Unsafe.SizeOf<RemoteDebitRecord>(),
                Unsafe.SizeOf<PromiseRecord>(), Unsafe.SizeOf<RemoteCreditRecord>(), Unsafe.SizeOf<ClaimRecord>(),
                Unsafe.SizeOf<LegRecord>()));
        Assert.Equal("Protocol 0, PayerTry 1, PayeeTry 2, Second 3, SecondStatus 4", Offsets<PhaseStatus>());
        Assert.Equal(
            "Header 0, Id 24, From 40, Amount 44, Payee 52, Number 54, Phase 62, Rejection 67, ToLength 68",
            Offsets<ReservationRecord>());
        Assert.Equal("Reservation 0, FromSide 69, IsFrozen 101", Offsets<RemoteDebitRecord>());
        Assert.Equal(
            "Header 0, Payer 24, Number 26, SettledBelow 34, Id 42, To 58, Amount 62, Rejection 70, FromLength 71",
            Offsets<PromiseRecord>());
        Assert.Equal("Promise 0, ToSide 72, IsFrozen 104", Offsets<RemoteCreditRecord>());
        Assert.Equal("Header 0, Id 24, Payer 40", Offsets<ClaimRecord>());
        Assert.Equal(
            "Header 0, Id 24, Account 40, Amount 44, Other 52, CounterpartyLength 54, Side 55", Offsets<LegRecord>());
    }

    [Fact]
    public void A_record_of_each_kind_has_the_bytes_it_always_had() =>
        Assert.Equal(
            [.. GoldenLedger.RecordsHex, .. GoldenChannels.RecordsHex, .. GoldenLegs.RecordsHex],
            OneOfEachKind.Select(Convert.ToHexStringLower));

    [Fact]
    public void Every_kind_of_record_is_among_those_tested() =>
        Assert.Equal(
            Enum.GetValues<RecordKind>(),
            OneOfEachKind.Select(record => Records.As<RecordHeader>(record.AsSpan()).Kind).Distinct().Order());

    [Fact]
    public void A_whole_record_is_read_from_the_beginning_of_longer_bytes()
    {
        foreach (var record in OneOfEachKind)
        {
            Assert.True(Records.TryRead(record, out var alone));
            Assert.Equal(record, alone.ToArray());
            byte[] longer = [.. record, .. OneOfEachKind[0]];
            Assert.True(Records.TryRead(longer, out var first));
            Assert.Equal(record, first.ToArray());
        }
    }

    [Fact]
    public void Every_flipped_bit_of_every_kind_of_record_is_found()
    {
        foreach (var record in OneOfEachKind)
        {
            // What follows may be cut off, another record, or zeros: a changed length must not help in any case.
            foreach (byte[] following in new[] { [], OneOfEachKind[2], new byte[256] })
            {
                byte[] bytes = [.. record, .. following];
                for (var bit = 0; bit < record.Length * 8; bit++)
                {
                    bytes[bit / 8] ^= (byte)(1 << (bit % 8));
                    Assert.False(Records.TryRead(bytes, out var read), $"bit {bit} of a record of {record.Length}");
                    Assert.True(read.IsEmpty);
                    bytes[bit / 8] ^= (byte)(1 << (bit % 8));
                }
            }
        }
    }

    [Fact]
    public void Two_swapped_words_are_found()
    {
        foreach (var record in OneOfEachKind)
        {
            for (var at = 8; at + 16 <= record.Length; at += 8)
            {
                byte[] swapped =
                    [.. record[..at], .. record[(at + 8)..(at + 16)], .. record[at..(at + 8)], .. record[(at + 16)..]];
                if (!swapped.AsSpan().SequenceEqual(record)) Assert.False(Records.TryRead(swapped, out _));
            }
        }
    }

    [Fact]
    public void A_record_cut_short_anywhere_is_refused()
    {
        foreach (var record in OneOfEachKind)
            for (var length = 0; length < record.Length; length++)
                Assert.False(Records.TryRead(record.AsSpan(0, length), out _));
    }

    [Fact]
    public void A_tail_that_was_never_written_is_refused()
    {
        foreach (var record in OneOfEachKind)
        {
            for (var length = 0; length < record.Length; length++)
            {
                byte[] torn = [.. record[..length], .. new byte[record.Length - length]];
                if (!torn.AsSpan().SequenceEqual(record)) Assert.False(Records.TryRead(torn, out _));
            }
        }
    }

    [Theory]
    [InlineData(0)]
    [InlineData(8)]
    [InlineData(24)]
    [InlineData(116)]
    [InlineData(119)]
    [InlineData(121)]
    [InlineData(128)]
    [InlineData(192)]
    [InlineData(ushort.MaxValue)]
    public void A_sealed_record_of_a_length_that_cannot_be_is_refused(int length)
    {
        var bytes = new byte[ushort.MaxValue + 1];
        OneOfEachKind[2].CopyTo(bytes, 0);
        Records.As<RecordHeader>(bytes.AsSpan()).Length = (ushort)length;
        if (length >= 24 && length % 8 == 0) Records.Seal(bytes.AsSpan(0, length));

        Assert.False(Records.TryRead(bytes, out _));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(6)]
    [InlineData(15)]
    [InlineData(27)]
    [InlineData(255)]
    public void A_sealed_record_of_an_unknown_kind_is_refused(byte kind)
    {
        foreach (var record in OneOfEachKind)
        {
            byte[] changed = [.. record];
            Records.As<RecordHeader>(changed.AsSpan()).Kind = (RecordKind)kind;
            Records.Seal(changed);
            Assert.False(Records.TryRead(changed, out _));
        }
    }

    private static string Offsets<TRecord>() => string.Join(", ", typeof(TRecord).GetFields()
        .Select(field => $"{field.Name} {Marshal.OffsetOf<TRecord>(field.Name)}"));
}
