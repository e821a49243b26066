namespace OrleansWallet.Ledger.Tests;

// Records between partitions, replayed: they give the same state, and those that can't follow are damage.
public sealed class ChannelReplayTests
{
    private delegate void Change<TRecord>(ref TRecord record);

    [Fact]
    public void Replaying_each_journal_gives_the_image_there_was()
    {
        foreach (var side in Histories.Append(GoldenChannels.RunOn).Select(run => run()).SelectMany(SidesOf))
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
    public void A_leg_that_does_not_follow_is_damage()
    {
        RefusedOfEach(Legs, (ref LegRecord record) => record.Account = -1);
        RefusedOfEach(Legs, (ref LegRecord record) => record.Account = 2);
        RefusedOfEach(Legs, (ref LegRecord record) => record.Account ^= 1);
        RefusedOfEach(Legs, (ref LegRecord record) => record.Amount = 0);
        RefusedOfEach(Legs, (ref LegRecord record) => record.Amount = -1);
        RefusedOfEach(Legs, (ref LegRecord record) => record.Amount++);
        RefusedOfEach(Legs, (ref LegRecord record) => record.Amount = long.MaxValue);
        RefusedOfEach(Legs, (ref LegRecord record) => record.Amount = long.MinValue);
        RefusedOfEach(Legs, (ref LegRecord record) => record.Other ^= 1);
        RefusedOfEach(Legs, (ref LegRecord record) => record.Other = 2);
        RefusedOfEach(Legs, (ref LegRecord record) => record.CounterpartyLength = 0);
        RefusedOfEach(Legs, (ref LegRecord record) => record.CounterpartyLength++);
        RefusedOfEach(Legs, (ref LegRecord record) => record.CounterpartyLength = 255);
        RefusedOfEach(Legs, (ref LegRecord record) => record.Side.Balance++);
        RefusedOfEach(Legs, (ref LegRecord record) => record.Side.Version--);
        RefusedOfEach(Legs, (ref LegRecord record) => record.Side.Previous++);
        RefusedOfEach(Legs, (ref LegRecord record) => record.Side.Skip++);
        // Of nothing, with the balance that follows.
        Refused(RecordKind.DebitLeg, (ref LegRecord record) =>
            (record.Side.Balance, record.Amount) = (record.Side.Balance + record.Amount, 0));
        Refused(RecordKind.CreditLeg, (ref LegRecord record) =>
            (record.Side.Balance, record.Amount) = (record.Side.Balance - record.Amount, 0));
        // The other side's record in its place.
        Refused(RecordKind.DebitLeg, (ref LegRecord record) => record.Header.Kind = RecordKind.CreditLeg);
        Refused(RecordKind.CreditLeg, (ref LegRecord record) => record.Header.Kind = RecordKind.DebitLeg);
    }

    [Fact]
    public void A_leg_that_the_rules_refuse_is_damage()
    {
        var two = new TwoPartitions();
        two.SentTogether(1, 40);
        two.Freeze(two.Payer, "alice");
        two.Freeze(two.Payee, "bob");
        foreach (var side in SidesOf(two))
        {
            var leg = side.Kept.All().Single(each => Legs.Contains(KindOf(each.Record))).Record;
            AssertDamagedAfterAll(side, leg);
        }
    }

    [Fact]
    public void A_leg_of_money_that_is_held_is_damage()
    {
        var two = new TwoPartitions();
        two.SentTogether(1, 40);
        var leg = two.Payer.Newest;
        two.Reserved(2, 221);

        AssertDamagedAfterAll(two.Payer, leg);
    }

    [Fact]
    public void A_leg_of_a_transfer_that_is_under_way_is_damage()
    {
        var two = new TwoPartitions();
        two.SentTogether(1, 40);
        var leg = two.Payer.Newest;
        two.Reserved(2, 40);

        AssertDamagedAfterAll(
            two.Payer, With(leg, (ref LegRecord record) =>
            {
                record.Id = Command.IdOf(2).Value;
                record.Side = new AccountSide
                {
                    Balance = 220,
                    Version = 3,
                    Previous = two.Payer.Kept.All().ElementAt(3).Place,
                    Skip = record.Side.Skip,
                };
            }),
            "its id is under way");
    }

    [Fact]
    public void No_two_records_of_a_partition_have_the_same_time()
    {
        foreach (var side in Histories.Select(run => run()).SelectMany(SidesOf))
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
        var alone = TestLedger.After(Script.Beginning);
        foreach (var record in Histories.SelectMany(run => GoldenChannels.RecordsOf(run())))
        {
            var changed = With(record, (ref RecordHeader header) =>
                (header.Sequence, header.AtMicros) = (alone.Partition.Sequence + 1, alone.NowMicros));
            Records.Seal(changed);
            Assert.Throws<DamagedRecordException>(() => alone.Partition.Apply(changed, 0));
        }
    }

    private static readonly Func<TwoPartitions>[] Histories = [GoldenChannels.Run, GoldenLegs.Run];

    private static readonly RecordKind[] Legs = [RecordKind.DebitLeg, RecordKind.CreditLeg];

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

    // The change is tried on every record of that kind in the histories.
    private static void Refused<TRecord>(RecordKind kind, Change<TRecord> change) where TRecord : unmanaged
    {
        var tried = 0;
        foreach (var side in Histories.Select(run => run()).SelectMany(SidesOf))
        {
            foreach (var (place, record) in side.Kept.All().Where(each => KindOf(each.Record) == kind))
            {
                AssertDamaged(side, place, With(record, change));
                tried++;
            }
        }
        Assert.NotEqual(0, tried);
    }

    private static TwoPartitions.Side[] SidesOf(TwoPartitions two) => [two.Payer, two.Payee];

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

    // As the next event, at a time that may be.
    private static void AssertDamagedAfterAll(
        TwoPartitions.Side side, byte[] record, string fault = "the rules refuse it")
    {
        var partition = side.Anew();
        foreach (var (place, earlier) in side.Kept.All()) partition.Apply(earlier, place);
        var next = With(record, (ref RecordHeader header) =>
            (header.Sequence, header.AtMicros) = (partition.Sequence + 1, partition.LastAtMicros + 1));
        Records.Seal(next);
        var damage = Assert.Throws<DamagedRecordException>(
            () => partition.Apply(next, KeptRecords.FirstPlace + side.Kept.Length));
        Assert.Contains(fault, damage.Message, StringComparison.Ordinal);
    }
}
