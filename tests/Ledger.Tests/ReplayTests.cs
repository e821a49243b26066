using System.Runtime.CompilerServices;

namespace OrleansWallet.Ledger.Tests;

// Records that are whole, their checksums right, but that can't follow from what went before.
public sealed class ReplayTests
{
    private delegate void Change<TRecord>(ref TRecord record);

    private static TestLedger Ledger => GoldenLedger.Run();

    [Fact]
    public void An_unchanged_history_is_replayed_and_names_its_transfers()
    {
        var ledger = Ledger;
        var partition = new Partition(new KeptRecords(1 << 12));
        var ids = new List<TransactionId?>();
        foreach (var (place, record) in ledger.Kept.All())
        {
            partition.Apply(record, place);
            ids.Add(Records.TransactionIdOf(record));
        }

        Assert.Equal([null, null, Command.IdOf(1), Command.IdOf(2), null, null], ids);
        Assert.Equal(ledger.Image, TestLedger.ImageOf(partition));
    }

    [Fact]
    public void A_transfer_that_does_not_follow_is_damage()
    {
        Refused((ref TransferRecord record) => record.Amount++);
        Refused((ref TransferRecord record) => record.Amount = 0);
        Refused((ref TransferRecord record) => record.Amount = -record.Amount);
        Refused((ref TransferRecord record) => record.Amount = long.MaxValue);
        Refused((ref TransferRecord record) => record.From = 1);
        Refused((ref TransferRecord record) => record.From = 2);
        Refused((ref TransferRecord record) => record.From = -1);
        Refused((ref TransferRecord record) => record.To = 0);
        Refused((ref TransferRecord record) => record.To = int.MaxValue);
        Refused((ref TransferRecord record) => (record.From, record.To) = (record.To, record.From));
        Refused((ref TransferRecord record) => (record.FromSide, record.ToSide) = (record.ToSide, record.FromSide));
        Refused((ref TransferRecord record) => record.FromSide.Balance++);
        Refused((ref TransferRecord record) => record.FromSide.Version++);
        Refused((ref TransferRecord record) => record.FromSide.Previous++);
        Refused((ref TransferRecord record) => record.FromSide.Skip++);
        Refused((ref TransferRecord record) => record.ToSide.Balance--);
        Refused((ref TransferRecord record) => record.ToSide.Version--);
        Refused((ref TransferRecord record) => record.ToSide.Previous = -1);
        Refused((ref TransferRecord record) => record.ToSide.Skip = -1);
    }

    [Fact]
    public void A_refusal_that_does_not_follow_is_damage()
    {
        Refused((ref RefusalRecord record) => record.Rejection = Rejection.None);
        Refused((ref RefusalRecord record) => record.Rejection = Rejection.TransactionIdReused);
        Refused((ref RefusalRecord record) => record.FromLength = 0);
        Refused((ref RefusalRecord record) => record.FromLength = 255);
        Refused((ref RefusalRecord record) => record.FromLength--);
        Refused((ref RefusalRecord record) => record.ToLength = 0);
        Refused((ref RefusalRecord record) => record.ToLength--);
        Refused((ref RefusalRecord record) => record.ToLength++);
        Refused((ref RefusalRecord record) => record.ToLength = 64);
        Refused((ref RefusalRecord record) => record.Amount = 0);
        Refused((ref RefusalRecord record) => record.Amount = -1);
        Refused((ref RefusalRecord record) => record.Currency = 0);
        Refused((ref RefusalRecord record) => record.Currency = 999);
    }

    [Fact]
    public void An_opening_that_does_not_follow_is_damage()
    {
        Refused((ref OpenRecord record) => record.Number++);
        Refused((ref OpenRecord record) => record.Number = -1);
        Refused((ref OpenRecord record) => record.Currency = 0);
        Refused((ref OpenRecord record) => record.Currency = 999);
        Refused((ref OpenRecord record) => record.Currency = ushort.MaxValue);
        Refused((ref OpenRecord record) => record.IdLength = 0);
        Refused((ref OpenRecord record) => record.IdLength--);
        Refused((ref OpenRecord record) => record.IdLength++);
        Refused((ref OpenRecord record) => record.IdLength = 255);
        Refused((ref OpenRecord record) => record.IsSettlement ^= 1);
        Refused((ref OpenRecord record) => record.IsSettlement = 2);
    }

    [Fact]
    public void An_opening_of_an_id_that_is_taken_or_is_none_is_damage()
    {
        foreach (var text in new[] { "alice", "al ce", "al\0ce", "al\u0080ce" })
        {
            var ledger = Ledger;
            ledger.Open("carol", "USD");
            var (place, record) = ledger.Kept.All().Last();
            text.Select(c => (byte)c).ToArray().CopyTo(record, Unsafe.SizeOf<OpenRecord>());
            AssertDamaged(ledger, place, record);
        }
    }

    [Fact]
    public void A_freeze_that_does_not_follow_is_damage()
    {
        Refused((ref StatusRecord record) => record.Number = 0);
        Refused((ref StatusRecord record) => record.Number = 2);
        Refused((ref StatusRecord record) => record.Number = -1);
        Refused((ref StatusRecord record) => record.Side.Balance++);
        Refused((ref StatusRecord record) => record.Side.Version++);
        Refused((ref StatusRecord record) => record.Side.Previous++);
        Refused((ref StatusRecord record) => record.Side.Skip++);
        // Frozen to Unfrozen and the other way round: such a record would change nothing.
        Refused((ref StatusRecord record) => record.Header.Kind ^= (RecordKind)1);
    }

    [Fact]
    public void A_sequence_number_or_a_time_out_of_order_is_damage_in_every_kind()
    {
        foreach (var (place, record) in Ledger.Kept.All().Skip(1))
        {
            AssertDamaged(Ledger, place, With(record, (ref RecordHeader header) => header.Sequence++));
            AssertDamaged(Ledger, place, With(record, (ref RecordHeader header) => header.Sequence--));
            AssertDamaged(Ledger, place, With(record, (ref RecordHeader header) => header.AtMicros -= 2));
            AssertDamaged(Ledger, place, With(record, (ref RecordHeader header) => header.Kind = (RecordKind)9));
        }
    }

    [Fact]
    public void A_record_left_out_or_replayed_twice_is_damage()
    {
        var all = Ledger.Kept.All().ToList();
        foreach (var (place, record) in all.Skip(1))
        {
            var missing = new Partition(new KeptRecords(1 << 12));
            foreach (var (before, earlier) in all.TakeWhile(each => each.Place < place).SkipLast(1))
                missing.Apply(earlier, before);
            Assert.Throws<DamagedRecordException>(() => missing.Apply(record, place));

            var twice = new Partition(new KeptRecords(1 << 12));
            foreach (var (before, earlier) in all.TakeWhile(each => each.Place <= place)) twice.Apply(earlier, before);
            Assert.Throws<DamagedRecordException>(() => twice.Apply(record, place));
        }
    }

    [Fact]
    public void The_message_names_the_event()
    {
        var (place, record) = Ledger.Kept.All().ElementAt(2);
        var thrown = AssertDamaged(Ledger, place, With(record, (ref TransferRecord changed) => changed.Amount++));

        Assert.Contains("Event 3 ", thrown.Message, StringComparison.Ordinal);
    }

    // The change is tried on every record of its kind in the history.
    private static void Refused<TRecord>(Change<TRecord> change) where TRecord : unmanaged
    {
        var tried = 0;
        foreach (var (place, record) in Ledger.Kept.All())
        {
            if (LayoutOf(Records.As<RecordHeader>(record.AsSpan()).Kind) != typeof(TRecord)) continue;
            AssertDamaged(Ledger, place, With(record, change));
            tried++;
        }
        Assert.NotEqual(0, tried);
    }

    private static Type LayoutOf(RecordKind kind) => kind switch
    {
        RecordKind.TransferSucceeded => typeof(TransferRecord),
        RecordKind.TransferRefused => typeof(RefusalRecord),
        RecordKind.AccountOpened => typeof(OpenRecord),
        _ => typeof(StatusRecord),
    };

    private static byte[] With<TRecord>(byte[] record, Change<TRecord> change) where TRecord : unmanaged
    {
        byte[] changed = [.. record];
        change(ref Records.As<TRecord>(changed.AsSpan()));
        return changed;
    }

    private static DamagedRecordException AssertDamaged(TestLedger ledger, long place, byte[] changed)
    {
        Records.Seal(changed);
        var partition = new Partition(new KeptRecords(1 << 12));
        foreach (var (before, earlier) in ledger.Kept.All().TakeWhile(each => each.Place < place))
            partition.Apply(earlier, before);
        return Assert.Throws<DamagedRecordException>(() => partition.Apply(changed, place));
    }
}
