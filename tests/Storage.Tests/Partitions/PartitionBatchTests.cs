using FsCheck.Fluent;
using OrleansWallet.Storage.Partitions;
using OrleansWallet.Storage.Tests.Support;

namespace OrleansWallet.Storage.Tests.Partitions;

// How a batch is framed: what is written is read again, and nothing else passes.
public sealed class PartitionBatchTests
{
    private static readonly PartitionPoint Start = PartitionPoint.Start(Batches.LedgerId, 5);

    [Fact]
    public void A_batch_has_these_bytes_for_ever()
    {
        var id = new Guid("0f0e0d0c-0b0a-0908-0706-050403020100");
        var (activation, begun) = PartitionBatch.SealActivation(Start, id);
        var records = new byte[PartitionBatch.HeaderBytes + 8];
        "records!"u8.CopyTo(records.AsSpan(PartitionBatch.HeaderBytes));
        PartitionBatch.SealRecords(records, begun, count: 3);

        Assert.Equal(
            "4f504248010205000100000000000000010000000000000001000000000000001000000081d2941c1fa971588d00f765"
            + "5097c2be26bdb6742dd09b8db739d5bd913d7b7161901fce0c0d0e0f0a0b08090706050403020100",
            Convert.ToHexStringLower(activation));
        Assert.Equal(
            "4f504248010105000200000000000000010000000300000001000000000000000800000082b881e3b6a4f0c78ca76fdb"
            + "a421ec619042ba1826311098d926e45196d77cd93c4147a37265636f72647321",
            Convert.ToHexStringLower(records));
    }

    [Fact]
    public void Packed_records_are_of_a_newer_version_and_lie_in_it_as_they_were_written()
    {
        var (activation, begun) = PartitionBatch.SealActivation(Start, Batches.LedgerId);
        var packed = new byte[PartitionBatch.HeaderBytes + 3];
        "rec"u8.CopyTo(packed.AsSpan(PartitionBatch.HeaderBytes));
        var after = PartitionBatch.SealRecords(packed, begun, count: 7, PartitionBatchKind.PackedRecords);
        Assert.Equal((1, 2, 3), (activation[4], packed[4], packed[5]));

        var batch = PartitionBatch.ReadNext(begun, packed);

        Assert.Equal((PartitionBatchKind.PackedRecords, 7, after), (batch.Kind, batch.Count, batch.After));
        Assert.Equal("rec"u8, batch.Records.Span);
    }

    [Fact]
    public void What_was_sealed_is_read_again() => Properties.Hold(
        (from partition in Gen.Choose(0, PartitionStoreOptions.PartitionsMax - 1)
         from lengths in Gen.Choose(1, 400).ListOf(6)
         select (Partition: partition, Lengths: lengths.ToList())).ToArbitrary(), journal =>
        {
            var point = PartitionPoint.Start(Batches.LedgerId, journal.Partition);
            var (bytes, after) = PartitionBatch.SealActivation(point, Batches.LedgerId);
            var first = PartitionBatch.ReadNext(point, bytes);
            Assert.Equal((PartitionBatchKind.Activation, 0, 0), (first.Kind, first.Count, first.Records.Length));
            Assert.Equal(Batches.LedgerId, first.ActivationId);
            Assert.Equal(after, first.After);
            foreach (var length in journal.Lengths)
            {
                point = after;
                (bytes, after) = Batches.Records(point, length, count: length);
                var kept = bytes.ToArray();
                var batch = PartitionBatch.ReadNext(point, bytes);
                Assert.Equal(kept, bytes);
                Assert.Equal(kept[PartitionBatch.HeaderBytes..], batch.Records.ToArray());
                Assert.Equal(
                    (journal.Partition, point.Sequence + 1, length, point.NextEvent, (Guid?)null),
                    (batch.Partition, batch.Sequence, batch.Count, batch.FirstEvent, batch.ActivationId));
                Assert.Equal(after, batch.After);
                Assert.Equal(point.NextEvent + length, after.NextEvent);
            }
        });

    [Fact]
    public void No_bit_can_be_flipped_and_no_byte_cut_off_unseen() => Properties.Hold(
        Gen.Choose(1, 60).ToArbitrary(), length =>
        {
            var (_, begun) = PartitionBatch.SealActivation(Start, Batches.LedgerId);
            var (bytes, _) = Batches.Records(begun, length);
            for (var bit = 0; bit < bytes.Length * 8; bit++)
            {
                var flipped = bytes.ToArray();
                flipped[bit / 8] ^= (byte)(1 << (bit % 8));
                Assert.Throws<PartitionDamagedException>(() => PartitionBatch.Read(5, 2, flipped));
            }
            for (var cut = 0; cut < bytes.Length; cut++)
                Assert.Throws<PartitionDamagedException>(() => PartitionBatch.Read(5, 2, bytes.AsMemory(0, cut)));
            PartitionBatch.Read(5, 2, bytes);
        }, tests: 20);

    [Fact]
    public void A_batch_that_follows_from_something_else_is_damage_though_it_is_whole()
    {
        var (_, begun) = PartitionBatch.SealActivation(Start, Batches.LedgerId);
        var (_, otherwise) = PartitionBatch.SealActivation(Start, Guid.Empty);
        var (bytes, after) = Batches.Records(begun);

        AssertDamaged("hash", otherwise, bytes);
        AssertDamaged("event 1", begun with { NextEvent = 2 }, bytes);
        AssertDamaged("activation 1", begun with { Activation = 2 }, bytes);
        AssertDamaged("batch 2 of partition 5 lies in its place", begun with { Partition = 6 }, bytes);
        AssertDamaged("batch 2 of partition 5 lies in its place", after, bytes);
        Assert.Equal(after, PartitionBatch.ReadNext(begun, bytes).After);
    }

    [Fact]
    public void Journals_of_two_ledgers_or_partitions_differ_from_their_start()
    {
        PartitionPoint[] starts =
        [
            Start, PartitionPoint.Start(Batches.LedgerId, 6), PartitionPoint.Start(Guid.Empty, 5),
        ];

        Assert.Equal(3, starts.Select(start => start.Chain.ToString()).Distinct().Count());
    }

    [Fact]
    public void A_newer_format_is_refused_as_such()
    {
        var (bytes, _) = PartitionBatch.SealActivation(Start, Batches.LedgerId);
        bytes[4] = 3;

        var refused = Assert.Throws<PartitionDamagedException>(() => PartitionBatch.Read(5, 1, bytes));

        Assert.Contains("newer format version 3", refused.Message, StringComparison.Ordinal);
        Assert.Equal((5, 1), (refused.Partition, refused.Sequence));
    }

    [Fact]
    public void Nothing_is_sealed_that_could_not_be_read()
    {
        var (_, begun) = PartitionBatch.SealActivation(Start, Batches.LedgerId);
        Assert.ThrowsAny<ArgumentException>(() => PartitionBatch.SealRecords(new byte[72], begun, 1));
        Assert.ThrowsAny<ArgumentException>(
            () => PartitionBatch.SealRecords(new byte[PartitionBatch.LengthMax + 1], begun, 1));
        Assert.ThrowsAny<ArgumentException>(() => PartitionBatch.SealRecords(new byte[80], begun, 0));
        Assert.ThrowsAny<ArgumentException>(
            () => PartitionBatch.SealRecords(new byte[80], begun, 1, PartitionBatchKind.Activation));
        Assert.ThrowsAny<ArgumentException>(() => PartitionBatch.SealRecords(new byte[80], Start, 1));
    }

    private static void AssertDamaged(string fault, PartitionPoint before, byte[] bytes)
    {
        var damaged = Assert.Throws<PartitionDamagedException>(() => PartitionBatch.ReadNext(before, bytes));
        Assert.Contains(fault, damaged.Message, StringComparison.Ordinal);
    }
}
