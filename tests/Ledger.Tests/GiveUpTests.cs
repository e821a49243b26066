namespace OrleansWallet.Ledger.Tests;

// A transfer that an operator gives up, in every order its messages can come in.
public sealed class GiveUpTests
{
    private readonly TwoPartitions two = new();

    public static TheoryData<TransferProtocol> Protocols => [TransferProtocol.Tcc, TransferProtocol.Saga];

    [Theory, MemberData(nameof(Protocols))]
    public void A_cancel_that_overtakes_its_first_order_is_remembered_and_the_late_one_refused(
        TransferProtocol protocol)
    {
        var number = two.Reserved(1, 40, protocol: protocol);
        var late = two.OrderOf(number);
        Assert.True(two.GiveUp(1));

        Assert.Equal(ProgressKind.Withdrawn, two.Carry(number).Kind);

        Assert.Equal(CreditStatus.Cancelled, two.Receive(late).Status);
        Assert.Equal((0, 0), (two.Payee.BalanceOf("bob"), two.Payee.PromisedOf("bob")));
        Assert.Equal((300, 0), (two.Payer.BalanceOf("alice"), two.Payer.HeldOf("alice")));
    }

    [Fact]
    public void A_promise_is_taken_back_and_a_late_confirm_refused()
    {
        var number = two.Reserved(1, 40);
        two.Carry(number);
        var confirm = two.OrderOf(number);
        two.GiveUp(1);

        Assert.Equal(40, two.Payee.PromisedOf("bob"));
        Assert.Equal(ProgressKind.Withdrawn, two.Carry(number).Kind);

        Assert.Equal(CreditStatus.Cancelled, two.Receive(confirm).Status);
        Assert.Equal((0, 0), (two.Payee.BalanceOf("bob"), two.Payee.PromisedOf("bob")));
    }

    [Theory, MemberData(nameof(Protocols))]
    public void What_the_payee_has_already_succeeds_nevertheless(TransferProtocol protocol)
    {
        var number = two.Reserved(1, 40, protocol: protocol);
        if (protocol == TransferProtocol.Tcc) two.Carry(number);
        two.Receive(two.OrderOf(number));
        two.GiveUp(1);

        var decided = two.Carry(number);

        Assert.Equal((ProgressKind.Decided, Rejection.None), (decided.Kind, decided.Outcome.Rejection));
        Assert.Equal((260, 40), (two.Payer.BalanceOf("alice"), two.Payee.BalanceOf("bob")));
    }

    [Theory, MemberData(nameof(Protocols))]
    public void What_the_payee_refused_stays_refused(TransferProtocol protocol)
    {
        var number = two.Reserved(1, 40, "nobody", protocol);
        two.Receive(two.OrderOf(number));
        two.GiveUp(1);

        Assert.Equal(Rejection.AccountNotFound, two.Carry(number).Outcome.Rejection);
    }

    [Fact]
    public void A_promise_that_comes_after_it_was_given_up_is_not_confirmed()
    {
        var number = two.Reserved(1, 40);
        var promised = two.Receive(two.OrderOf(number));
        two.GiveUp(1);

        Assert.Equal(default, two.Take(promised));
        Assert.Equal(CreditStep.Cancel, two.OrderOf(number).Order.Step);
    }

    [Fact]
    public void What_was_withdrawn_has_no_outcome_and_may_be_sent_again()
    {
        var transfer = TwoPartitions.Transfer(1, 40);
        two.Reserve(transfer);
        two.GiveUp(1);
        var withdrawn = two.CarryAll(1);

        Assert.Equal(new TransferOutcome(Rejection.Unavailable, false, 0), withdrawn.Outcome);
        Assert.False(two.Payer.Partition.TryAnswerKnown(transfer, out _));
        Assert.Null(Records.TransactionIdOf(two.Payer.Newest));
        Assert.Equal(Rejection.None, two.CarryAll(two.Reserved(1, 40)).Outcome.Rejection);
        Assert.Equal((260, 40), (two.Payer.BalanceOf("alice"), two.Payee.BalanceOf("bob")));
    }

    [Fact]
    public void Only_what_is_under_way_is_given_up_and_only_once()
    {
        Assert.False(two.GiveUp(1));
        var number = two.Reserved(1, 40);
        Assert.True(two.GiveUp(1));
        two.OrderOf(number);
        Assert.False(two.GiveUp(1));
        two.Payer.Load();
        Assert.False(two.GiveUp(1));
        two.CarryAll(number);
        Assert.False(two.GiveUp(1));
    }
}
