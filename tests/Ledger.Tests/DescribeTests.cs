using System.Diagnostics;

namespace OrleansWallet.Ledger.Tests;

// Records told in the domain's words.
public sealed class DescribeTests
{
    private static readonly Currency Usd = Currency.Parse("USD");
    private readonly TestLedger ledger = TestLedger.After(Script.Beginning);

    private byte[] Newest => ledger.Kept.All().Last().Record;

    private DateTimeOffset Now => Partition.FromMicros(ledger.NowMicros);

    [Fact]
    public void A_transfer_is_told_as_it_was_sent()
    {
        var sent = new Command.Send(1, "alice", "bob", 40, "USD");
        var outcome = ledger.Run(new Script(sent))[0];

        Assert.Equal(
            new TransferView(sent.ToTransfer(), Rejection.None, outcome.Sequence, Now),
            ledger.Partition.Describe(Newest));
    }

    [Theory]
    [InlineData("alice", "alice", "USD", Rejection.SameAccount)]
    [InlineData("alice", "no", "USD", Rejection.AccountNotFound)]
    [InlineData("x", "yy", "EUR", Rejection.AccountNotFound)]
    [InlineData("alice", "bob", "KWD", Rejection.CurrencyMismatch)]
    [InlineData("alice", "bob", "USD", Rejection.InsufficientFunds)]
    public void A_refusal_is_told_as_it_was_sent(string from, string to, string currency, Rejection refusal)
    {
        var sent = new Command.Send(1, from, to, Money.MinorUnitsMax, currency);
        var outcome = ledger.Run(new Script(sent))[0];

        Assert.Equal(
            new TransferView(sent.ToTransfer(), refusal, outcome.Sequence, Now), ledger.Partition.Describe(Newest));
    }

    [Fact]
    public void A_refusal_with_two_ids_of_full_length_is_the_longest_record()
    {
        var sent = new Command.Send(1, new string('a', 64), new string('b', 64), 1, "USD");
        ledger.Run(new Script(sent));

        Assert.Equal(Records.LengthMax, Newest.Length);
        Assert.Equal(sent.ToTransfer(), ledger.Partition.Describe(Newest).Transfer);
        Assert.Equal((Rejection.AccountNotFound, true), (ledger.Run(new Script(sent))[0] is var again
            ? (again.Rejection, again.Replayed)
            : default));
    }

    [Fact]
    public void A_transfer_is_a_debit_to_its_payer_and_a_credit_to_its_payee()
    {
        var sequence = ledger.Send(1, "alice", "bob", 40).Sequence;
        var (alice, bob) = (AccountId.Parse("alice"), AccountId.Parse("bob"));

        var debit = ledger.Partition.Describe(Newest, ledger.NumberOf("alice"));
        var credit = ledger.Partition.Describe(Newest, ledger.NumberOf("bob"));

        Assert.Equal(new AccountView(alice, new Money(260, Usd), false, 2, Now), debit.View);
        Assert.Equal(new AccountView(bob, new Money(340, Usd), false, 2, Now), credit.View);
        Assert.Equal(
            new EntryView(sequence, Command.IdOf(1), EntryDirection.Debit, new Money(40, Usd),
                new Money(260, Usd), bob, Now),
            debit.Entry);
        Assert.Equal(
            new EntryView(sequence, Command.IdOf(1), EntryDirection.Credit, new Money(40, Usd),
                new Money(340, Usd), alice, Now),
            credit.Entry);
        Assert.Equal((sequence, ledger.NowMicros), (debit.Sequence, debit.AtMicros));
    }

    [Fact]
    public void A_freeze_and_its_end_are_told_without_an_entry()
    {
        var number = ledger.NumberOf("alice");

        ledger.Freeze("alice");
        var frozen = ledger.Partition.Describe(Newest, number);
        Assert.Equal((true, null, 1), (frozen.View.IsFrozen, frozen.Entry, frozen.View.Version));
        Assert.Equal(new Money(300, Usd), frozen.View.Balance);
        ledger.Freeze("alice", on: false);
        var unfrozen = ledger.Partition.Describe(Newest, number);
        Assert.Equal((false, null, 1), (unfrozen.View.IsFrozen, unfrozen.Entry, unfrozen.View.Version));
    }

    [Fact]
    public void An_opening_is_the_first_moment_of_an_account()
    {
        ledger.Open("carol", "USD");

        var opening = ledger.Partition.Describe(Newest, ledger.NumberOf("carol"));

        Assert.Equal(new AccountView(AccountId.Parse("carol"), new Money(0, Usd), false, 0, Now), opening.View);
        Assert.Equal((null, -1, -1), (opening.Entry, opening.Previous, opening.Skip));
    }

    [Fact]
    public void A_record_of_another_kind_throws()
    {
        ledger.Open("carol", "USD");
        var opening = Newest;
        ledger.Send(1, "alice", "nobody", 1);
        var refusal = Newest;

        Assert.Throws<UnreachableException>(() => ledger.Partition.Describe(opening));
        Assert.Throws<UnreachableException>(() => ledger.Partition.Describe(refusal, 0));
    }
}
