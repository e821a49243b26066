namespace OrleansWallet.Ledger.Tests;

// Records between partitions, replayed: they give the same state, and those that can't follow are damage.
public sealed class ChannelReplayTests
{
    private delegate void Change<TRecord>(ref TRecord record);

    [Fact]
    public void Replaying_each_journal_gives_the_image_there_was()
    {
        var two = GoldenChannels.RunOn();
        foreach (var side in new[] { two.Payer, two.Payee })
        {
            var partition = side.Anew();
            foreach (var (place, record) in side.Kept.All()) partition.Apply(record, place);
            Assert.Equal(side.Image, TestLedger.ImageOf(partition));
            Assert.Equal(side.Partition.UnderWayCount, partition.UnderWayCount);
            Assert.Equal(side.Partition.Totals, partition.Totals);
        }
    }

    [Fact]
    public void A_reservation_that_does_not_follow_is_damage()
    {
        Refused(RecordKind.TransferReserved, (ref ReservationRecord record) => record.From = -1);
        Refused(RecordKind.TransferReserved, (ref ReservationRecord record) => record.From = 2);
        Refused(RecordKind.TransferReserved, (ref ReservationRecord record) => record.Amount = 0);
        Refused(RecordKind.TransferReserved, (ref ReservationRecord record) => record.Amount = 301);
        Refused(RecordKind.TransferReserved, (ref ReservationRecord record) => record.Number++);
        Refused(RecordKind.TransferReserved, (ref ReservationRecord record) => record.Number--);
        Refused(RecordKind.TransferReserved, (ref ReservationRecord record) => record.Rejection++);
        Refused(RecordKind.TransferReserved, (ref ReservationRecord record) => record.Phase.Protocol = 0);
        Refused(RecordKind.TransferReserved, (ref ReservationRecord record) => record.Phase.Protocol += 2);
        Refused(RecordKind.TransferReserved, (ref ReservationRecord record) => record.Phase.Second++);
        Refused(RecordKind.TransferReserved, (ref ReservationRecord record) => record.Phase.PayerTry = 0);
        Refused(RecordKind.TransferReserved, (ref ReservationRecord record) => record.Phase.PayeeTry++);
        RefusedOfEach(PayerKinds, (ref ReservationRecord record) => record.Payee = 0);
        RefusedOfEach(PayerKinds, (ref ReservationRecord record) => record.Payee = 2);
        RefusedOfEach(PayerKinds, (ref ReservationRecord record) => record.ToLength = 0);
        RefusedOfEach(PayerKinds, (ref ReservationRecord record) => record.ToLength++);
        RefusedOfEach(PayerKinds, (ref ReservationRecord record) => record.ToLength = 255);
    }

    [Fact]
    public void What_ends_a_reservation_must_be_of_it()
    {
        var ends = PayerKinds.Where(kind => kind != RecordKind.TransferReserved).ToArray();
        RefusedOfEach(ends, (ref ReservationRecord record) => record.Number += 10);
        RefusedOfEach(ends, (ref ReservationRecord record) => record.Number = 0);
        RefusedOfEach(ends, (ref ReservationRecord record) => record.Id = Guid.Empty);
        RefusedOfEach(ends, (ref ReservationRecord record) => record.From = 0);
        RefusedOfEach(ends, (ref ReservationRecord record) => record.Amount++);
        RefusedOfEach(ends, (ref ReservationRecord record) => record.ToLength--);
        RefusedOfEach(ends, (ref ReservationRecord record) => record.Phase.Protocol ^= (TransferProtocol)3);
        RefusedOfEach(ends, (ref ReservationRecord record) => record.Phase.Second ^= (SecondPhase)1);
        RefusedOfEach(ends, (ref ReservationRecord record) => record.Phase.SecondStatus ^= (StepStatus)3);
        Refused(RecordKind.TransferCancelling, (ref ReservationRecord record) => record.Phase.Second = 0);
        Refused(RecordKind.TransferReleased, (ref ReservationRecord record) => record.Rejection = (Rejection)100);
        Refused(RecordKind.TransferReleased, (ref ReservationRecord record) => record.Phase.SecondStatus = 0);
        Refused(RecordKind.TransferSettled, (ref RemoteDebitRecord record) => record.FromSide.Balance++);
        Refused(RecordKind.TransferSettled, (ref RemoteDebitRecord record) => record.FromSide.Version--);
        Refused(RecordKind.TransferSettled, (ref RemoteDebitRecord record) => record.FromSide.Previous++);
        Refused(RecordKind.TransferSettled, (ref RemoteDebitRecord record) => record.FromSide.Skip++);
        Refused(RecordKind.TransferSettled, (ref RemoteDebitRecord record) => record.IsFrozen ^= 1);
    }

    [Fact]
    public void A_release_without_a_reason_is_damage_where_nothing_was_given_up()
    {
        var two = new TwoPartitions();
        two.CarryAll(two.Reserved(1, 40, "nobody"));
        var (place, record) = two.Payer.Kept.All().Last();

        AssertDamaged(two.Payer, place, With(record, (ref ReservationRecord changed) => changed.Rejection = 0));
    }

    [Fact]
    public void What_a_payee_promised_or_refused_must_follow()
    {
        RefusedOfEach(PayeeKinds, (ref PromiseRecord record) => record.Payer = 1);
        RefusedOfEach(PayeeKinds, (ref PromiseRecord record) => record.Payer = 2);
        RefusedOfEach(PayeeKinds, (ref PromiseRecord record) => record.Number = 0);
        RefusedOfEach(PayeeKinds, (ref PromiseRecord record) => record.Number += 1 << 16);
        RefusedOfEach(PayeeKinds, (ref PromiseRecord record) => record.SettledBelow = 0);
        RefusedOfEach(PayeeKinds, (ref PromiseRecord record) => record.SettledBelow = record.Number + 1);
        RefusedOfEach(PayeeKinds, (ref PromiseRecord record) => record.FromLength += 2);
        Refused(RecordKind.CreditPromised, (ref PromiseRecord record) => record.To = -1);
        Refused(RecordKind.CreditPromised, (ref PromiseRecord record) => record.To = 2);
        Refused(RecordKind.CreditPromised, (ref PromiseRecord record) => record.Amount = 0);
        Refused(RecordKind.CreditPromised, (ref PromiseRecord record) => record.Amount = long.MaxValue);
        Refused(RecordKind.CreditPromised, (ref PromiseRecord record) => record.Rejection++);
        Refused(RecordKind.CreditRefused, (ref PromiseRecord record) => record.Rejection = 0);
        Refused(RecordKind.CreditRefused, (ref PromiseRecord record) => record.Rejection = (Rejection)100);
        Refused(RecordKind.CreditCancelled, (ref PromiseRecord record) => record.Amount++);
        Refused(RecordKind.CreditCancelled, (ref PromiseRecord record) => record.To++);
    }

    [Fact]
    public void A_credit_must_be_that_of_its_promise()
    {
        Refused(RecordKind.TransferCredited, (ref RemoteCreditRecord record) => record.Promise.To = 0);
        Refused(RecordKind.TransferCredited, (ref RemoteCreditRecord record) => record.Promise.Amount++);
        Refused(RecordKind.TransferCredited, (ref RemoteCreditRecord record) => record.Promise.Id = Guid.Empty);
        Refused(RecordKind.TransferCredited, (ref RemoteCreditRecord record) => record.Promise.FromLength--);
        Refused(RecordKind.TransferCredited, (ref RemoteCreditRecord record) => record.ToSide.Balance++);
        Refused(RecordKind.TransferCredited, (ref RemoteCreditRecord record) => record.ToSide.Version++);
        Refused(RecordKind.TransferCredited, (ref RemoteCreditRecord record) => record.ToSide.Previous++);
        Refused(RecordKind.TransferCredited, (ref RemoteCreditRecord record) => record.ToSide.Skip++);
        Refused(RecordKind.TransferCredited, (ref RemoteCreditRecord record) => record.IsFrozen ^= 1);
    }

    [Fact]
    public void A_promise_that_is_said_to_be_settled_is_damage()
    {
        var two = new TwoPartitions();
        two.Receive(two.OrderOf(two.Reserved(1, 10)));
        two.Receive(two.OrderOf(two.Reserved(2, 10)));
        var (place, record) = two.Payee.Kept.All().Last();

        AssertDamaged(two.Payee, place, With(record, (ref PromiseRecord changed) => changed.SettledBelow = 2));
    }

    [Fact]
    public void A_claim_that_does_not_follow_is_damage()
    {
        Refused(RecordKind.IdClaimed, (ref ClaimRecord record) => record.Payer = 2);
        var two = GoldenChannels.Run();
        var (place, record) = two.Payer.Kept.All().First(each => KindOf(each.Record) == RecordKind.IdClaimed);
        record[^1] = 1;
        AssertDamaged(two.Payer, place, record);
    }

    [Fact]
    public void No_two_records_of_a_partition_have_the_same_time()
    {
        var two = GoldenChannels.Run();
        foreach (var side in new[] { two.Payer, two.Payee })
        {
            var last = 0L;
            foreach (var (place, record) in side.Kept.All())
            {
                AssertDamaged(side, place, With(record, (ref RecordHeader header) => header.AtMicros = last));
                last = Records.As<RecordHeader>(record.AsSpan()).AtMicros;
            }
        }
    }

    [Fact]
    public void In_a_ledger_of_one_partition_they_are_damage()
    {
        var two = GoldenChannels.Run();
        var alone = TestLedger.After(Script.Beginning);
        foreach (var record in GoldenChannels.RecordsOf(two))
        {
            var changed = With(record, (ref RecordHeader header) =>
                (header.Sequence, header.AtMicros) = (alone.Partition.Sequence + 1, alone.NowMicros));
            Records.Seal(changed);
            Assert.Throws<DamagedRecordException>(() => alone.Partition.Apply(changed, 0));
        }
    }

    private static readonly RecordKind[] PayerKinds =
    [
        RecordKind.TransferReserved, RecordKind.TransferCancelling, RecordKind.TransferSettled,
        RecordKind.TransferReleased,
    ];

    private static readonly RecordKind[] PayeeKinds =
    [
        RecordKind.CreditPromised, RecordKind.TransferCredited, RecordKind.CreditRefused, RecordKind.CreditCancelled,
    ];

    private static void RefusedOfEach<TRecord>(RecordKind[] kinds, Change<TRecord> change) where TRecord : unmanaged
    {
        foreach (var kind in kinds) Refused(kind, change);
    }

    // The change is tried on every record of that kind in the history.
    private static void Refused<TRecord>(RecordKind kind, Change<TRecord> change) where TRecord : unmanaged
    {
        var two = GoldenChannels.Run();
        var tried = 0;
        foreach (var side in new[] { two.Payer, two.Payee })
        {
            foreach (var (place, record) in side.Kept.All().Where(each => KindOf(each.Record) == kind))
            {
                AssertDamaged(side, place, With(record, change));
                tried++;
            }
        }
        Assert.NotEqual(0, tried);
    }

    private static RecordKind KindOf(byte[] record) => Records.As<RecordHeader>(record.AsSpan()).Kind;

    private static byte[] With<TRecord>(byte[] record, Change<TRecord> change) where TRecord : unmanaged
    {
        byte[] changed = [.. record];
        change(ref Records.As<TRecord>(changed.AsSpan()));
        return changed;
    }

    private static void AssertDamaged(TwoPartitions.Side side, long place, byte[] changed)
    {
        Records.Seal(changed);
        var partition = side.Anew();
        foreach (var (before, earlier) in side.Kept.All().TakeWhile(each => each.Place < place))
            partition.Apply(earlier, before);
        Assert.Throws<DamagedRecordException>(() => partition.Apply(changed, place));
    }
}
