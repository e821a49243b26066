namespace OrleansWallet.Ledger.Tests;

// What a reader of both partitions sees of a transfer between them, step by step.
public sealed class LedgerCutTests
{
    private readonly TwoPartitions two = new();

    [Theory]
    [InlineData(TransferProtocol.Tcc)]
    [InlineData(TransferProtocol.Saga)]
    public void Balances_and_money_under_way_sum_to_zero_at_every_step(TransferProtocol protocol)
    {
        AssertTotal(0);
        var number = two.Reserved(1, 40, protocol: protocol);
        AssertTotal(40);
        var answer = two.Receive(two.OrderOf(number));
        if (protocol == TransferProtocol.Tcc)
        {
            AssertTotal(40);
            two.Take(answer);
            answer = two.Receive(two.OrderOf(number));
        }
        // The payee has it. The payer's balance has it too, but it is held.
        AssertTotal(0);
        Assert.Equal((300, 40), (two.Payer.BalanceOf("alice"), two.Payee.BalanceOf("bob")));
        two.Take(answer);
        AssertTotal(0);
    }

    [Fact]
    public void A_lost_credit_shows()
    {
        var number = two.Reserved(1, 40);
        two.Carry(number);
        two.Take(new CreditAnswer(number, CreditStatus.Credited));

        Assert.Equal(-40, two.Total.Sum.MinorUnits);
    }

    [Fact]
    public void A_doubled_credit_shows()
    {
        two.CarryAll(two.Reserved(1, 40));
        two.Receive((new ChannelHead(0, 1, 0), new CreditOrder(
            CreditStep.Credit, 2, Command.IdOf(1), AccountId.Parse("alice"), AccountId.Parse("bob"),
            new Money(40, Currency.Parse("USD")))));

        Assert.Equal(40, two.Total.Sum.MinorUnits);
    }

    [Fact]
    public void A_reading_as_of_a_time_has_all_before_it_and_nothing_later()
    {
        var at = two.Payer.Partition.LastAtMicros + 100;

        Assert.True(two.Payer.Partition.TryCut(at, out var cut));
        Assert.Equal((0, at), (cut?.Number, cut?.AtMicros));
        two.Reserved(1, 40);

        Assert.Equal(at + 1, two.Payer.Partition.LastAtMicros);
        Assert.False(two.Payer.Partition.TryCut(at, out _));
        Assert.True(two.Payer.Partition.TryCut(at + 1, out _));
    }

    [Fact]
    public void Readings_of_one_time_are_consistent_though_they_are_made_one_after_the_other()
    {
        var at = Math.Max(two.Payer.Partition.LastAtMicros, two.Payee.Partition.LastAtMicros);
        Assert.True(two.Payer.Partition.TryCut(at, out var payer));
        var order = two.OrderOf(two.Reserved(1, 40, protocol: TransferProtocol.Saga));
        Assert.True(two.Payee.Partition.TryCut(at, out var payee));
        two.Receive(order);
        Assert.False(two.Payee.Partition.TryCut(at, out _));

        Assert.NotNull(payer);
        Assert.NotNull(payee);
        Assert.Equal(0, Assert.Single(LedgerCut.Sum([payer, payee])).Sum.MinorUnits);
    }

    [Theory]
    [InlineData(true, 0)]
    [InlineData(true, 10_000)]
    [InlineData(false, 0)]
    [InlineData(false, 10_000)]
    public void No_reading_comes_between_two_legs(bool payerIsFirst, long later)
    {
        var (first, second) = payerIsFirst ? (two.Payer, two.Payee) : (two.Payee, two.Payer);
        var at = Math.Max(two.Payer.Partition.LastAtMicros, two.Payee.Partition.LastAtMicros) + later;
        Assert.True(first.Partition.TryCut(at, out _));

        two.SentTogether(1, 40);

        Assert.Equal((at + 1, at + 1), (two.Payer.Partition.LastAtMicros, two.Payee.Partition.LastAtMicros));
        Assert.False(second.Partition.TryCut(at, out _));
        Assert.True(first.Partition.TryCut(at + 1, out var one));
        Assert.True(second.Partition.TryCut(at + 1, out var other));
        Assert.NotNull(one);
        Assert.NotNull(other);
        Assert.Equal(0, Assert.Single(LedgerCut.Sum([one, other])).Sum.MinorUnits);
    }

    [Fact]
    public void A_lost_leg_shows()
    {
        var before = two.Payee.Partition.Cut();
        two.SentTogether(1, 40);

        Assert.Equal(-40, Assert.Single(LedgerCut.Sum([two.Payer.Partition.Cut(), before])).Sum.MinorUnits);
    }

    [Fact]
    public void An_effect_has_a_later_time_than_its_cause_whatever_the_clocks_say()
    {
        two.Pay(two.Payer, 5, "settlement:USD", "alice", 1);
        var times = new List<long>();
        var number = two.Reserved(1, 40);
        times.Add(two.Payer.Partition.LastAtMicros);
        two.NowMicros -= 1_000_000;
        while (two.Payer.Partition.UnderWayCount > 0)
        {
            var answer = two.Receive(two.OrderOf(number));
            times.Add(two.Payee.Partition.LastAtMicros);
            two.NowMicros -= 1_000_000;
            if (two.Take(answer).Kind == ProgressKind.Decided) times.Add(two.Payer.Partition.LastAtMicros);
        }

        Assert.Equal(4, times.Count);
        Assert.Equal(times.Distinct().Order(), times);
    }

    [Fact]
    public void Callers_see_the_time_of_a_record_as_its_number()
    {
        var outcome = two.Pay(two.Payer, 5, "settlement:USD", "alice", 1);

        Assert.Equal(HybridTime.Of(two.Payer.Partition.LastAtMicros, 0), outcome.Sequence);
        Assert.Equal(outcome with { Replayed = true }, two.Pay(two.Payer, 5, "settlement:USD", "alice", 1));
        var moment = two.Payer.Partition.Describe(two.Payer.Newest, two.Payer.NumberOf("alice"));
        Assert.Equal((outcome.Sequence, outcome.Sequence), (moment.Sequence, moment.Entry?.Sequence));
    }

    private void AssertTotal(long underWay)
    {
        Assert.Equal((0, underWay), (two.Total.Sum.MinorUnits, two.Total.UnderWay.MinorUnits));
        Assert.Equal(-underWay, two.Total.Available.MinorUnits);
    }
}
