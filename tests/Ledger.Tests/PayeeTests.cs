namespace OrleansWallet.Ledger.Tests;

// The payee's side of transfers from another partition.
public sealed class PayeeTests
{
    private readonly TwoPartitions two = new();

    [Fact]
    public void A_promise_is_no_entry_and_leaves_room_for_its_money()
    {
        two.Pay(two.Payee, 90, "settlement:USD", "bob", Money.MinorUnitsMax - 100);
        two.Receive(two.OrderOf(two.Reserved(1, 60)));

        Assert.Equal((Money.MinorUnitsMax - 100, 60), (two.Payee.BalanceOf("bob"), two.Payee.PromisedOf("bob")));
        Assert.Equal(
            new CreditAnswer(2, CreditStatus.Refused, Rejection.BalanceOverflow),
            two.Receive(two.OrderOf(two.Reserved(2, 41))));
        Assert.Equal(CreditStatus.Promised, two.Receive(two.OrderOf(two.Reserved(3, 40))).Status);
        two.Open(two.Payee, "carol");
        two.Pay(two.Payee, 91, "bob", "carol", 1);
        Assert.Equal(Rejection.None, two.Pay(two.Payee, 92, "carol", "bob", 1).Rejection);
        two.Pay(two.Payee, 93, "bob", "settlement:USD", 1);
        Assert.Equal(Rejection.None, two.Pay(two.Payee, 94, "settlement:USD", "bob", 1).Rejection);
        Assert.Equal(Rejection.BalanceOverflow, two.Pay(two.Payee, 95, "settlement:USD", "bob", 1).Rejection);
        two.CarryAll(1);
        two.CarryAll(3);
        Assert.Equal((Money.MinorUnitsMax, 0), (two.Payee.BalanceOf("bob"), two.Payee.PromisedOf("bob")));
    }

    [Fact]
    public void A_freeze_after_the_promise_does_not_stop_the_money()
    {
        var number = two.Reserved(1, 40);
        two.Carry(number);
        two.Freeze(two.Payee, "bob");

        Assert.Equal(Rejection.None, two.CarryAll(number).Outcome.Rejection);

        Assert.Equal(40, two.Payee.BalanceOf("bob"));
        Assert.True(two.Payee.Partition.Describe(two.Payee.Newest, two.Payee.NumberOf("bob")).View.IsFrozen);
        two.Freeze(two.Payee, "bob", on: false);
        Assert.Equal(Rejection.None, two.CarryAll(two.Reserved(2, 1)).Outcome.Rejection);
        Assert.False(two.Payee.Partition.Describe(two.Payee.Newest, two.Payee.NumberOf("bob")).View.IsFrozen);
    }

    [Theory]
    [InlineData("nobody", false, Rejection.AccountNotFound)]
    [InlineData("bob", true, Rejection.AccountFrozen)]
    public void A_payee_that_cannot_be_paid_refuses_for_ever(string to, bool frozen, Rejection refusal)
    {
        if (frozen) two.Freeze(two.Payee, to);
        foreach (var protocol in Enum.GetValues<TransferProtocol>())
        {
            var order = two.OrderOf(two.Reserved((int)protocol, 1, to, protocol));
            var answer = two.Receive(order);
            Assert.Equal((CreditStatus.Refused, refusal), (answer.Status, answer.Rejection));
            if (frozen) two.Freeze(two.Payee, to, on: false);
            Assert.Equal(answer, two.Receive(order));
            if (frozen) two.Freeze(two.Payee, to);
        }
    }

    [Theory]
    [InlineData(TransferProtocol.Tcc)]
    [InlineData(TransferProtocol.Saga)]
    public void An_order_that_comes_again_gets_the_same_answer_and_changes_nothing(TransferProtocol protocol)
    {
        var number = two.Reserved(1, 40, protocol: protocol);
        var first = two.OrderOf(number);
        AssertHarmless(first, two.Receive(first));
        if (protocol == TransferProtocol.Tcc)
        {
            two.Carry(number);
            var confirm = two.OrderOf(number);
            AssertHarmless(confirm, two.Receive(confirm));
            AssertHarmless(first, new CreditAnswer(number, CreditStatus.Credited));
        }
        two.CarryAll(number);
        AssertHarmless(first, new CreditAnswer(number, CreditStatus.Credited));

        two.CarryAll(two.Reserved(2, 1));
        AssertHarmless(first, new CreditAnswer(number, CreditStatus.SettledBefore));
    }

    [Fact]
    public void Nothing_is_kept_of_what_the_payers_partition_has_settled()
    {
        foreach (var id in Enumerable.Range(1, 20)) two.CarryAll(two.Reserved(id, 1));

        Assert.Equal(20, Assert.Single(two.Payee.Partition.Cut().Credited).Number);
    }

    [Fact]
    public void Orders_in_any_order_are_each_carried_out()
    {
        var orders = Enumerable.Range(1, 40).Select(id => two.OrderOf(two.Reserved(id, 1))).Reverse().ToList();

        Assert.All(orders, order => Assert.Equal(CreditStatus.Promised, two.Receive(order).Status));

        Assert.Equal(40, two.Payee.PromisedOf("bob"));
        for (var number = 1; number <= 40; number++) two.CarryAll(number);
        Assert.Equal((40, 0), (two.Payee.BalanceOf("bob"), two.Payee.PromisedOf("bob")));
    }

    [Fact]
    public void A_credit_is_an_entry_that_its_record_alone_tells()
    {
        two.CarryAll(two.Reserved(1, 40));

        var bob = two.Payee.NumberOf("bob");
        var moment = two.Payee.Partition.Describe(two.Payee.Newest, bob);

        var at = two.Payee.Partition.LastAtMicros;
        var entry = new EntryView(
            HybridTime.Of(at, 1), Command.IdOf(1), EntryDirection.Credit, Usd(40), Usd(40), AccountId.Parse("alice"),
            Partition.FromMicros(at));
        Assert.Equal(entry, moment.Entry);
        Assert.Equal(two.Payee.Partition.View(bob), moment.View);
    }

    [Fact]
    public void Orders_that_cannot_be_stop_everything()
    {
        var (head, order) = two.OrderOf(two.Reserved(1, 40));
        two.Receive((head, order));

        Faults(head, order with { Step = CreditStep.Credit });
        Faults(head, order with { Id = Command.IdOf(2) });
        Faults(head, order with { Number = 2, Step = CreditStep.Confirm });
        Faults(head, order with { Number = 1 + NumberWindow<IncomingTransfer>.WidthMax });
        Faults(head, order with { Number = 2, Amount = Usd(0) });
        Faults(head, order with { Number = 2, From = default });
        Faults(head with { SettledBelow = 2 }, order with { Number = 2 });
        Faults(head with { SettledBelow = 3 }, order with { Number = 3 });
        Faults(head with { SettledBelow = 3 }, order with { Number = 2 });
        Assert.Throws<ArgumentOutOfRangeException>(() => two.Receive((head with { Payer = 1 }, order)));
        Assert.Throws<ArgumentOutOfRangeException>(() => two.Receive((head with { Payer = 2 }, order)));
    }

    [Fact]
    public void A_payee_tells_whether_it_could_be_paid()
    {
        Assert.Equal(Rejection.None, two.Payee.Partition.DecideCredit(AccountId.Parse("bob"), Usd(1)));
        Assert.Equal(Rejection.AccountNotFound, two.Payee.Partition.DecideCredit(AccountId.Parse("no"), Usd(1)));
        two.Receive(two.OrderOf(two.Reserved(1, 40)));
        Assert.Equal(
            Rejection.BalanceOverflow,
            two.Payee.Partition.DecideCredit(AccountId.Parse("bob"), Usd(Money.MinorUnitsMax - 39)));
    }

    private void Faults(ChannelHead head, CreditOrder order)
    {
        var thrown = Assert.Throws<ChannelFaultException>(() => two.Receive((head, order)));
        Assert.Contains("channel with partition 0", thrown.Message, StringComparison.Ordinal);
    }

    private void AssertHarmless((ChannelHead, CreditOrder) order, CreditAnswer answer)
    {
        var (records, image) = (two.Payee.Kept.Length, two.Payee.Image);
        Assert.Equal(answer, two.Receive(order));
        Assert.Equal(records, two.Payee.Kept.Length);
        Assert.Equal(image, two.Payee.Image);
    }

    private static Money Usd(long minorUnits) => new(minorUnits, Currency.Parse("USD"));
}
