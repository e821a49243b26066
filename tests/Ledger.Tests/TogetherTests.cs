namespace OrleansWallet.Ledger.Tests;

// Transfers between two partitions that commit together.
public sealed class TogetherTests
{
    private const long Amount = 40;

    private readonly TwoPartitions two = new();

    private (long Payer, long Payee) Sequences => (two.Payer.Partition.Sequence, two.Payee.Partition.Sequence);

    [Fact]
    public void Both_accounts_have_their_entry_at_once_and_nothing_is_under_way()
    {
        var transfers = two.Payer.Partition.Transfers;

        var outcome = two.SentTogether(1, Amount);

        Assert.Equal((Rejection.None, false), (outcome.Rejection, outcome.Replayed));
        Assert.Equal((260, 40), (two.Payer.BalanceOf("alice"), two.Payee.BalanceOf("bob")));
        Assert.Equal((0, 0), (two.Payer.HeldOf("alice"), two.Payee.PromisedOf("bob")));
        Assert.Equal((0, 0), (two.Payer.Partition.UnderWayCount, two.Total.UnderWay.MinorUnits));
        Assert.Equal(0, two.Total.Sum.MinorUnits);
        // It counts once, with its payer's partition.
        Assert.Equal((transfers + 1, 0), (two.Payer.Partition.Transfers, two.Payee.Partition.Transfers));
    }

    [Fact]
    public void Each_partition_records_its_own_leg()
    {
        var before = Sequences;

        two.SentTogether(1, Amount);

        Assert.Equal((before.Payer + 1, before.Payee + 1), Sequences);
        var (debit, credit) = (LegOf(two.Payer), LegOf(two.Payee));
        Assert.Equal((RecordKind.DebitLeg, RecordKind.CreditLeg), (debit.Header.Kind, credit.Header.Kind));
        Assert.Equal((1, 0), (debit.Other, credit.Other));
        Assert.Equal((Amount, Amount), (debit.Amount, credit.Amount));
        Assert.Equal(Command.IdOf(1), Records.TransactionIdOf(two.Payer.Newest));
        // The payer's partition answers for the id; the payee's knows nothing of it.
        Assert.Null(Records.TransactionIdOf(two.Payee.Newest));
    }

    [Theory]
    [InlineData(0, 0)]
    [InlineData(5_000, 0)]
    [InlineData(0, 5_000)]
    [InlineData(5_000, 7_000)]
    public void Both_legs_have_one_time_later_than_all_that_either_recorded(long payerAhead, long payeeAhead)
    {
        RecordAhead(two.Payer, "carl", payerAhead);
        RecordAhead(two.Payee, "cleo", payeeAhead);
        var last = Math.Max(two.Payer.Partition.LastAtMicros, two.Payee.Partition.LastAtMicros);

        var outcome = two.SentTogether(1, Amount);

        Assert.True(LegOf(two.Payer).Header.AtMicros > last);
        Assert.Equal(LegOf(two.Payer).Header.AtMicros, LegOf(two.Payee).Header.AtMicros);
        Assert.Equal(HybridTime.Of(LegOf(two.Payer).Header.AtMicros, 1), outcome.Sequence);
    }

    [Fact]
    public void The_legs_have_the_hosts_time_where_that_is_later()
    {
        two.NowMicros += 5_000;

        two.SentTogether(1, Amount);

        Assert.Equal(
            (two.NowMicros, two.NowMicros), (LegOf(two.Payer).Header.AtMicros, LegOf(two.Payee).Header.AtMicros));
    }

    public static TheoryData<string, Rejection, string, Rejection> Refusals
    {
        get
        {
            (string Account, Rejection Refusal)[] payers =
            [
                ("alice", Rejection.None), ("nobody", Rejection.AccountNotFound), ("ice", Rejection.AccountFrozen),
                ("yuki", Rejection.CurrencyMismatch), ("poor", Rejection.InsufficientFunds),
                ("settlement:USD", Rejection.BalanceOverflow),
            ];
            (string Account, Rejection Refusal)[] payees =
            [
                ("bob", Rejection.None), ("no.one", Rejection.AccountNotFound), ("snow", Rejection.AccountFrozen),
                ("yoko", Rejection.CurrencyMismatch), ("full", Rejection.BalanceOverflow),
            ];
            var all = new TheoryData<string, Rejection, string, Rejection>();
            foreach (var payer in payers)
                foreach (var payee in payees) all.Add(payer.Account, payer.Refusal, payee.Account, payee.Refusal);
            return all;
        }
    }

    [Theory, MemberData(nameof(Refusals))]
    public void Of_both_sides_reasons_the_most_basic_is_told(
        string payer, Rejection payers, string payee, Rejection payees)
    {
        OpenAllKinds();
        var (before, payeesImage) = (Sequences, two.Payee.Image);
        var expected = new[] { payers, payees }.Where(each => each != Rejection.None).Order().FirstOrDefault();

        var outcome = two.SentTogether(1, Amount, payee, payer);

        Assert.Equal((expected, false), (outcome.Rejection, outcome.Replayed));
        Assert.All(
            LedgerCut.Sum([two.Payer.Partition.Cut(), two.Payee.Partition.Cut()]),
            total => Assert.Equal(0, total.Sum.MinorUnits));
        if (expected == Rejection.None) return;
        // A refusal is recorded in the payer's partition, and nothing in the payee's.
        Assert.Equal((before.Payer + 1, before.Payee), Sequences);
        Assert.Equal(RecordKind.TransferRefused, KindOf(two.Payer.Newest));
        Assert.Equal(payeesImage, two.Payee.Image);
        Assert.Equal(
            new TransferView(
                TwoPartitions.Transfer(1, Amount, payee, payer), expected, outcome.Sequence,
                Partition.FromMicros(two.Payer.Partition.LastAtMicros)),
            two.Payer.Partition.Describe(two.Payer.Newest));
    }

    [Fact]
    public void A_refusal_is_later_than_what_the_payee_refused_for()
    {
        two.NowMicros += 5_000;
        two.Freeze(two.Payee, "bob");
        two.NowMicros -= 5_000;

        Assert.Equal(Rejection.AccountFrozen, two.SentTogether(1, Amount).Rejection);

        Assert.True(two.Payer.Partition.LastAtMicros > two.Payee.Partition.LastAtMicros);
    }

    [Theory]
    [InlineData(TransferProtocol.Tcc)]
    [InlineData(TransferProtocol.Saga)]
    public void Money_that_a_protocol_holds_is_not_there_to_send(TransferProtocol protocol)
    {
        var number = two.Reserved(1, 261, protocol: protocol);

        Assert.Equal(Rejection.InsufficientFunds, two.SentTogether(2, Amount).Rejection);
        Assert.Equal(Rejection.None, two.SentTogether(3, 39).Rejection);
        two.CarryAll(number);

        Assert.Equal((0, 300), (two.Payer.BalanceOf("alice"), two.Payee.BalanceOf("bob")));
    }

    [Fact]
    public void Money_that_was_released_is_there_again()
    {
        two.CarryAll(two.Reserved(1, 300, "no.one"));

        Assert.Equal(Rejection.None, two.SentTogether(2, 300).Rejection);
    }

    [Fact]
    public void Room_that_a_protocol_was_promised_is_not_there_to_fill()
    {
        two.Pay(two.Payee, -2, "settlement:USD", "bob", Money.MinorUnitsMax - 100);
        var number = two.Reserved(1, 61);
        two.Carry(number);

        Assert.Equal(Rejection.BalanceOverflow, two.SentTogether(2, Amount).Rejection);
        Assert.Equal(Rejection.None, two.SentTogether(3, 39).Rejection);
        two.CarryAll(number);

        Assert.Equal(Money.MinorUnitsMax, two.Payee.BalanceOf("bob"));
    }

    [Theory]
    [InlineData(TransferProtocol.Tcc)]
    [InlineData(TransferProtocol.Saga)]
    public void Legs_go_by_what_is_under_way_by_a_protocol(TransferProtocol protocol)
    {
        var number = two.Reserved(1, 50, protocol: protocol);
        two.SentTogether(2, 1);
        two.Receive(two.OrderOf(number));
        two.SentTogether(3, 2);
        Assert.Equal(0, two.Total.Sum.MinorUnits);

        Assert.Equal(Rejection.None, two.CarryAll(number).Outcome.Rejection);

        Assert.Equal((247, 53), (two.Payer.BalanceOf("alice"), two.Payee.BalanceOf("bob")));
        two.AssertReplays();
    }

    [Fact]
    public void A_repeat_has_the_recorded_answer_and_moves_nothing()
    {
        var first = two.SentTogether(1, Amount);
        var refused = two.SentTogether(2, 4_000);
        var payeesImage = two.Payee.Image;
        two.Freeze(two.Payer, "alice");
        two.Freeze(two.Payer, "alice", on: false);

        Assert.Equal(first with { Replayed = true }, two.SentTogether(1, Amount));
        Assert.Equal(refused with { Replayed = true }, two.SentTogether(2, 4_000));
        two.Payer.Load();
        Assert.Equal(first with { Replayed = true }, two.SentTogether(1, Amount));

        Assert.Equal(payeesImage, two.Payee.Image);
        Assert.Equal((260, 40), (two.Payer.BalanceOf("alice"), two.Payee.BalanceOf("bob")));
    }

    [Fact]
    public void A_repeat_has_the_recorded_answer_by_whatever_way_it_comes()
    {
        var first = two.SentTogether(1, Amount) with { Replayed = true };
        var before = Sequences;

        foreach (var protocol in Enum.GetValues<TransferProtocol>())
            Assert.Equal(first, two.Reserve(TwoPartitions.Transfer(1, Amount), protocol).Outcome);
        Assert.True(two.Payer.Partition.TryAnswerKnown(TwoPartitions.Transfer(1, Amount), out var known));
        Assert.Equal((RemoteTransferStep.Decided, first), (known.Step, known.Outcome));

        var number = two.Reserved(2, 10);
        var carried = two.CarryAll(number).Outcome with { Replayed = true };
        Assert.Equal(carried, two.SentTogether(2, 10));
        Assert.Equal((before.Payer + 2, before.Payee + 2), Sequences);
    }

    [Fact]
    public void An_id_that_was_used_for_other_content_is_refused()
    {
        two.Open(two.Payer, "carl");
        two.Open(two.Payee, "cleo");
        two.SentTogether(1, Amount);
        var before = Sequences;

        AssertReused(two.SentTogether(1, Amount + 1));
        AssertReused(two.SentTogether(1, Amount, "cleo"));
        AssertReused(two.SentTogether(1, Amount, from: "carl"));
        AssertReused(two.Pay(two.Payer, 1, "alice", "carl", Amount));
        AssertReused(two.Reserve(TwoPartitions.Transfer(1, Amount, "cleo")).Outcome);

        Assert.Equal(before, Sequences);
    }

    [Theory]
    [InlineData(TransferProtocol.Tcc)]
    [InlineData(TransferProtocol.Saga)]
    public void What_is_under_way_by_a_protocol_goes_on_by_it(TransferProtocol protocol)
    {
        var transfer = TwoPartitions.Transfer(1, Amount);
        var number = two.Reserved(1, Amount, protocol: protocol);
        var before = Sequences;

        var answer = two.Together(transfer);

        Assert.Equal(
            (RemoteTransferStep.UnderWay, 1, number, default(TransferOutcome)),
            (answer.Step, answer.Payee, answer.Number, answer.Outcome));
        AssertReused(two.SentTogether(1, Amount + 1));
        Assert.Equal(before, Sequences);
        var outcome = two.CarryAll(number).Outcome;
        Assert.Equal(outcome with { Replayed = true }, two.Together(transfer).Outcome);
        Assert.Equal((260, 40), (two.Payer.BalanceOf("alice"), two.Payee.BalanceOf("bob")));
    }

    [Fact]
    public void What_was_withdrawn_may_be_sent_again_in_one_commit()
    {
        var number = two.Reserved(1, Amount);
        var late = two.OrderOf(number);
        two.GiveUp(1);
        Assert.Equal(ProgressKind.Withdrawn, two.CarryAll(number).Kind);

        Assert.Equal(Rejection.None, two.SentTogether(1, Amount).Rejection);

        // Nothing of the first attempt counts any more.
        Assert.NotEqual(CreditStatus.Promised, two.Receive(late).Status);
        Assert.Equal((260, 40), (two.Payer.BalanceOf("alice"), two.Payee.BalanceOf("bob")));
        Assert.Equal(0, two.Total.Sum.MinorUnits);
        two.AssertReplays();
    }

    [Fact]
    public void A_transfer_goes_to_another_partition_of_the_ledger_only()
    {
        var transfer = new TransferCommand(TwoPartitions.Transfer(1, Amount));
        var (payer, records) = (two.Payer.Partition, two.Payer.Kept.Batch);
        var whole = TestLedger.WithSettlement().Partition;

        Assert.Throws<ArgumentOutOfRangeException>(
            () => payer.ExecuteTogether(payer, transfer, two.NowMicros, records, records));
        Assert.Throws<InvalidOperationException>(
            () => payer.ExecuteTogether(whole, transfer, two.NowMicros, records, records));
        Assert.Throws<InvalidOperationException>(
            () => whole.ExecuteTogether(payer, transfer, two.NowMicros, records, records));
        Assert.Equal(0, records.Length);
    }

    [Fact]
    public void A_transfer_that_lacks_a_part_throws_and_changes_nothing()
    {
        var whole = TwoPartitions.Transfer(1, Amount);
        var (payersImage, payeesImage) = (two.Payer.Image, two.Payee.Image);

        Assert.ThrowsAny<ArgumentException>(() => two.Together(whole with { Id = default }));
        Assert.ThrowsAny<ArgumentException>(() => two.Together(whole with { From = default }));
        Assert.ThrowsAny<ArgumentException>(() => two.Together(whole with { To = default }));
        Assert.ThrowsAny<ArgumentException>(() => two.Together(whole with { Amount = default }));
        Assert.ThrowsAny<ArgumentException>(
            () => two.Together(whole with { Amount = new Money(-1, Currency.Parse("USD")) }));

        Assert.Equal(payersImage, two.Payer.Image);
        Assert.Equal(payeesImage, two.Payee.Image);
    }

    // An account each for which a side would refuse, by each of its reasons.
    private void OpenAllKinds()
    {
        foreach (var (side, frozen, yen) in new[] { (two.Payer, "ice", "yuki"), (two.Payee, "snow", "yoko") })
        {
            two.Open(side, frozen);
            two.Freeze(side, frozen);
            two.Open(side, yen, "JPY");
        }
        two.Open(two.Payer, "poor");
        two.Pay(two.Payer, -2, "settlement:USD", "poor", Amount - 1);
        two.Open(two.Payer, "rich");
        var settled = -two.Payer.BalanceOf("settlement:USD");
        two.Pay(two.Payer, -3, "settlement:USD", "rich", Money.MinorUnitsMax - settled - Amount + 1);
        two.Open(two.Payee, "full");
        two.Pay(two.Payee, -4, "settlement:USD", "full", Money.MinorUnitsMax - Amount + 1);
    }

    private void RecordAhead(TwoPartitions.Side side, string account, long micros)
    {
        two.NowMicros += micros;
        two.Open(side, account);
        two.NowMicros -= micros;
    }

    private static void AssertReused(TransferOutcome outcome) =>
        Assert.Equal(new TransferOutcome(Rejection.TransactionIdReused, false, 0), outcome);

    private static LegRecord LegOf(TwoPartitions.Side side) => Records.As<LegRecord>(side.Newest.AsSpan());

    private static RecordKind KindOf(byte[] record) => Records.As<RecordHeader>(record.AsSpan()).Kind;
}
