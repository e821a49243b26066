namespace OrleansWallet.Ledger.Tests;

// The payer's side of transfers to another partition.
public sealed class PayerTests
{
    private readonly TwoPartitions two = new();

    public static TheoryData<TransferProtocol> Protocols => [TransferProtocol.Tcc, TransferProtocol.Saga];

    [Theory, MemberData(nameof(Protocols))]
    public void Money_is_held_until_the_payee_has_it_and_counts_once(TransferProtocol protocol)
    {
        var number = two.Reserved(1, 40, protocol: protocol);

        Assert.Equal((300, 40), (two.Payer.BalanceOf("alice"), two.Payer.HeldOf("alice")));
        var decided = two.CarryAll(number);

        Assert.Equal((ProgressKind.Decided, Rejection.None), (decided.Kind, decided.Outcome.Rejection));
        Assert.Equal((260, 0), (two.Payer.BalanceOf("alice"), two.Payer.HeldOf("alice")));
        Assert.Equal((40, 0), (two.Payee.BalanceOf("bob"), two.Payee.PromisedOf("bob")));
        Assert.Equal(0, two.Payer.Partition.UnderWayCount);
    }

    [Fact]
    public void Held_money_can_be_spent_neither_here_nor_there()
    {
        two.Open(two.Payer, "carol");
        two.Reserved(1, 200);

        Assert.Equal(Rejection.InsufficientFunds, two.Pay(two.Payer, 2, "alice", "carol", 101).Rejection);
        var refused = two.Reserve(TwoPartitions.Transfer(3, 101), payeeRefusal: Rejection.None);
        Assert.Equal(Rejection.InsufficientFunds, refused.Outcome.Rejection);
        Assert.Equal(Rejection.None, two.Pay(two.Payer, 4, "alice", "carol", 60).Rejection);
        two.Reserved(5, 40);
        Assert.Equal(240, two.Payer.HeldOf("alice"));
    }

    // Its range is wider than a number: what is held of it wraps, and what is left of it is right all the same.
    [Fact]
    public void A_settlement_account_can_hold_its_whole_range()
    {
        var settlement = two.Payer;
        Send(11, Money.MinorUnitsMax - 300);

        var over = two.Reserve(Settle(12, 1), payeeRefusal: Rejection.None);

        Assert.Equal(Rejection.BalanceOverflow, over.Outcome.Rejection);
        two.Pay(settlement, 13, "alice", "settlement:USD", 300);
        Send(14, 300);
        Assert.Equal(Rejection.BalanceOverflow, two.Reserve(Settle(15, 1), payeeRefusal: 0).Outcome.Rejection);

        static Transfer Settle(int id, long amount) =>
            TwoPartitions.Transfer(id, amount, from: "settlement:USD");

        void Send(int id, long amount) =>
            Assert.Equal(RemoteTransferStep.Reserved, two.Reserve(Settle(id, amount)).Step);
    }

    [Theory, MemberData(nameof(Protocols))]
    public void The_payees_refusal_gives_the_money_back_and_is_the_outcome_for_ever(TransferProtocol protocol)
    {
        var decided = two.CarryAll(two.Reserved(1, 40, "nobody", protocol));

        Assert.Equal(Rejection.AccountNotFound, decided.Outcome.Rejection);
        Assert.Equal((300, 0), (two.Payer.BalanceOf("alice"), two.Payer.HeldOf("alice")));
        two.Open(two.Payee, "nobody");
        Assert.Equal(
            decided.Outcome with { Replayed = true },
            two.Reserve(TwoPartitions.Transfer(1, 40, "nobody"), protocol).Outcome);
    }

    [Fact]
    public void A_payer_that_is_not_there_is_refused_at_once()
    {
        var answer = two.Reserve(TwoPartitions.Transfer(1, 40, from: "nobody"));

        Assert.Equal((RemoteTransferStep.Decided, Rejection.AccountNotFound), (answer.Step, answer.Outcome.Rejection));
    }

    // As in a ledger of one partition: of two reasons the caller hears the more basic one.
    [Theory]
    [InlineData(Rejection.AccountNotFound, Rejection.AccountNotFound)]
    [InlineData(Rejection.AccountFrozen, Rejection.AccountFrozen)]
    [InlineData(Rejection.BalanceOverflow, Rejection.InsufficientFunds)]
    [InlineData(Rejection.None, Rejection.InsufficientFunds)]
    [InlineData(Rejection.Unavailable, Rejection.InsufficientFunds)]
    public void A_payer_without_the_money_is_refused_when_the_payee_was_asked(Rejection payee, Rejection heard)
    {
        var transfer = TwoPartitions.Transfer(1, 301);
        var records = two.Payer.Kept.Length;

        Assert.Equal(new RemoteTransferAnswer(RemoteTransferStep.AskPayee, default, 1), two.Reserve(transfer));
        Assert.Equal(records, two.Payer.Kept.Length);
        Assert.Equal(heard, two.Reserve(transfer, payeeRefusal: payee).Outcome.Rejection);
        Assert.True(two.Payer.Partition.TryAnswerKnown(transfer, out var again));
        Assert.Equal((heard, true), (again.Outcome.Rejection, again.Outcome.Replayed));
    }

    [Fact]
    public void What_the_payee_said_is_nothing_to_a_payer_that_has_the_money_by_now()
    {
        var answer = two.Reserve(TwoPartitions.Transfer(1, 300), payeeRefusal: Rejection.AccountFrozen);

        Assert.Equal(RemoteTransferStep.Reserved, answer.Step);
    }

    [Fact]
    public void A_transfer_sent_again_while_it_is_under_way_waits_for_the_same_outcome()
    {
        var first = two.Reserve(TwoPartitions.Transfer(1, 40));
        var records = two.Payer.Kept.Length;

        Assert.Equal(first with { Step = RemoteTransferStep.UnderWay }, two.Reserve(TwoPartitions.Transfer(1, 40)));
        Assert.Equal(records, two.Payer.Kept.Length);
        Assert.Equal(40, two.Payer.HeldOf("alice"));
    }

    [Fact]
    public void The_id_of_a_transfer_under_way_is_taken_for_any_other_content()
    {
        two.Open(two.Payer, "carol");
        two.Reserved(1, 40);

        foreach (var other in new[]
        {
            TwoPartitions.Transfer(1, 41), TwoPartitions.Transfer(1, 40, "rob"),
            TwoPartitions.Transfer(1, 40, from: "settlement:USD"),
        })
            Assert.Equal(Rejection.TransactionIdReused, two.Reserve(other).Outcome.Rejection);
        Assert.Equal(Rejection.TransactionIdReused, two.Pay(two.Payer, 1, "alice", "carol", 40).Rejection);
    }

    [Fact]
    public void A_payer_frozen_after_its_money_was_held_has_paid_nevertheless()
    {
        var number = two.Reserved(1, 40);
        two.Freeze(two.Payer, "alice");

        Assert.Equal(Rejection.None, two.CarryAll(number).Outcome.Rejection);

        var moment = two.Payer.Partition.Describe(two.Payer.Newest, two.Payer.NumberOf("alice"));
        Assert.True(moment.View.IsFrozen);
        Assert.Equal((260, 2), (moment.View.Balance.MinorUnits, moment.View.Version));
    }

    [Fact]
    public void A_settled_transfer_is_told_as_it_was_sent_and_as_an_entry_of_its_payer()
    {
        var decided = two.CarryAll(two.Reserved(1, 40));

        var record = two.Payer.Newest;
        var at = Partition.FromMicros(two.Payer.Partition.LastAtMicros);
        Assert.Equal(
            new TransferView(TwoPartitions.Transfer(1, 40), Rejection.None, decided.Outcome.Sequence, at),
            two.Payer.Partition.Describe(record));
        Assert.Equal(
            new EntryView(
                decided.Outcome.Sequence, Command.IdOf(1), EntryDirection.Debit, Usd(40), Usd(260),
                AccountId.Parse("bob"), at),
            two.Payer.Partition.Describe(record, two.Payer.NumberOf("alice")).Entry);
    }

    [Fact]
    public void What_is_under_way_is_told_with_its_phase()
    {
        var number = two.Reserved(1, 40);
        Assert.Equal(StepStatus.NotSent, Phase().PayeeTry);
        two.OrderOf(number);
        Assert.Equal((StepStatus.Answered, StepStatus.Sent), (Phase().PayerTry, Phase().PayeeTry));
        two.Carry(number);
        Assert.Equal(
            (StepStatus.Answered, SecondPhase.Confirm, StepStatus.NotSent),
            (Phase().PayeeTry, Phase().Second, Phase().SecondStatus));
        two.OrderOf(number);
        Assert.Equal(StepStatus.Sent, Phase().SecondStatus);
        two.CarryAll(number);
        Assert.Empty(two.Payer.Partition.UnderWay());

        PhaseStatus Phase()
        {
            Assert.True(two.Payer.Partition.TryFindUnderWay(Command.IdOf(1), out var found));
            Assert.Equal(found, Assert.Single(two.Payer.Partition.UnderWay()));
            Assert.Equal((1, number, TwoPartitions.Transfer(1, 40)), (found.Payee, found.Number, found.Transfer));
            return found.Phase;
        }
    }

    [Fact]
    public void After_a_restart_the_same_is_asked_again_from_the_beginning()
    {
        var number = two.Reserved(1, 40);
        two.Carry(number);
        Assert.Equal(CreditStep.Confirm, two.OrderOf(number).Order.Step);

        two.Payer.Load();

        Assert.Equal(CreditStep.Try, two.OrderOf(number).Order.Step);
        Assert.Equal(ProgressKind.Confirm, two.Carry(number).Kind);
        Assert.Equal(Rejection.None, two.CarryAll(number).Outcome.Rejection);
    }

    [Fact]
    public void Answers_that_come_twice_or_late_lead_to_nothing()
    {
        var number = two.Reserved(1, 40);
        var promised = two.Receive(two.OrderOf(number));
        Assert.Equal(ProgressKind.Confirm, two.Take(promised).Kind);
        Assert.Equal(default, two.Take(promised));
        var credited = two.Receive(two.OrderOf(number));
        Assert.Equal(ProgressKind.Decided, two.Take(credited).Kind);
        var records = two.Payer.Kept.Length;

        Assert.Equal(default, two.Take(credited));
        Assert.Equal(default, two.Take(promised));
        Assert.Equal(default, two.Take(new CreditAnswer(number, CreditStatus.SettledBefore)));
        Assert.Equal(default, two.Take(new CreditAnswer(number + 5, CreditStatus.Credited)));
        Assert.Equal(records, two.Payer.Kept.Length);
    }

    [Theory]
    [InlineData(TransferProtocol.Tcc, CreditStatus.SettledBefore, Rejection.None)]
    [InlineData(TransferProtocol.Tcc, CreditStatus.None, Rejection.None)]
    [InlineData(TransferProtocol.Tcc, CreditStatus.Cancelled, Rejection.None)]
    [InlineData(TransferProtocol.Tcc, CreditStatus.Refused, Rejection.None)]
    [InlineData(TransferProtocol.Tcc, CreditStatus.Refused, Rejection.Unavailable)]
    [InlineData(TransferProtocol.Saga, CreditStatus.Promised, Rejection.None)]
    public void An_answer_that_cannot_be_stops_everything(
        TransferProtocol protocol, CreditStatus status, Rejection rejection)
    {
        var number = two.Reserved(1, 40, protocol: protocol);

        Assert.Throws<ChannelFaultException>(() => two.Take(new CreditAnswer(number, status, rejection)));
    }

    [Fact]
    public void The_first_that_is_not_settled_waits_for_all_before_it()
    {
        foreach (var id in Enumerable.Range(1, 4)) Assert.Equal(id, two.Reserved(id, 10));
        foreach (var (number, settledBelow) in new[] { (3, 1), (1, 2), (2, 4), (4, 5) })
        {
            two.CarryAll(number);
            two.Payer.Partition.WriteOrders(1, [], [], out _);
            Assert.Equal(settledBelow, two.Payer.Partition.WriteOrders(1, [], [], out _).SettledBelow);
        }
        Assert.Equal(5, two.Reserved(5, 10));
    }

    [Fact]
    public void Orders_are_written_only_for_what_is_under_way()
    {
        two.CarryAll(two.Reserved(1, 10));
        two.Reserved(2, 10);
        var orders = new CreditOrder[3];

        var head = two.Payer.Partition.WriteOrders(1, [1, 2, 3], orders, out var written);

        Assert.Equal((1, 2, 0), (written, orders[0].Number, head.Payer));
        Assert.Equal(two.Payer.Partition.LastAtMicros, head.AtMicros);
    }

    [Fact]
    public void A_channel_takes_only_so_many_at_a_time()
    {
        var settlement = AccountId.Parse("settlement:USD");
        var commands = new RemoteTransferCommand[NumberWindow<OutgoingTransfer>.WidthMax + 1];
        for (var i = 0; i < commands.Length; i++)
            commands[i] = new(TwoPartitions.Transfer(i + 1, 1) with { From = settlement }, 1);
        var answers = new RemoteTransferAnswer[commands.Length];
        var records = new RecordBuffer(commands.Length * Records.LengthMax);

        two.Payer.Partition.Reserve(TransferProtocol.Tcc, commands, two.NowMicros, records, answers);

        Assert.All(answers.SkipLast(1), answer => Assert.Equal(RemoteTransferStep.Reserved, answer.Step));
        Assert.Equal(new TransferOutcome(Rejection.Overloaded, false, 0), answers[^1].Outcome);
        Assert.Equal(commands.Length - 1, records.Count);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(2)]
    [InlineData(-1)]
    public void The_payees_partition_is_another_one_that_is_there(int payee) =>
        Assert.Throws<ArgumentOutOfRangeException>(() => two.Payer.Partition.Reserve(
            TransferProtocol.Tcc, [new RemoteTransferCommand(TwoPartitions.Transfer(1, 1), payee)], two.NowMicros,
            two.Payer.Kept.Batch, new RemoteTransferAnswer[1]));

    [Fact]
    public void A_partition_that_is_the_whole_ledger_has_no_other()
    {
        var alone = TestLedger.After(Script.Beginning);

        Assert.Throws<InvalidOperationException>(() => alone.Partition.Reserve(
            TransferProtocol.Tcc, [new RemoteTransferCommand(TwoPartitions.Transfer(1, 1), 1)], alone.NowMicros,
            alone.Kept.Batch, new RemoteTransferAnswer[1]));
        Assert.Equal(0, alone.Partition.UnderWayCount);
        Assert.Equal(0, alone.Partition.HeldOf(alone.NumberOf("alice")).MinorUnits);
    }

    private static Money Usd(long minorUnits) => new(minorUnits, Currency.Parse("USD"));
}
