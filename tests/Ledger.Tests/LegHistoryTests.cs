namespace OrleansWallet.Ledger.Tests;

// What the records of a transfer between two partitions that commit together tell afterwards.
public sealed class LegHistoryTests
{
    private const long Amount = 40;

    private readonly TwoPartitions two = new();

    [Fact]
    public void The_payer_is_told_the_transfer_and_both_their_entries()
    {
        var usd = Currency.Parse("USD");
        var (alice, bob) = (AccountId.Parse("alice"), AccountId.Parse("bob"));
        two.NowMicros += 5_000;
        var sequence = two.SentTogether(1, Amount).Sequence;
        var at = Partition.FromMicros(two.NowMicros);

        Assert.Equal(
            new TransferView(TwoPartitions.Transfer(1, Amount), Rejection.None, sequence, at),
            two.Payer.Partition.Describe(two.Payer.Newest));
        var debit = two.Payer.Partition.Describe(two.Payer.Newest, two.Payer.NumberOf("alice"));
        Assert.Equal(new AccountView(alice, new Money(260, usd), false, 2, at), debit.View);
        Assert.Equal(
            new EntryView(
                sequence, Command.IdOf(1), EntryDirection.Debit, new Money(40, usd), new Money(260, usd), bob, at),
            debit.Entry);
        var credit = two.Payee.Partition.Describe(two.Payee.Newest, two.Payee.NumberOf("bob"));
        Assert.Equal(new AccountView(bob, new Money(40, usd), false, 1, at), credit.View);
        Assert.Equal(
            new EntryView(
                HybridTime.Of(two.NowMicros, 1), Command.IdOf(1), EntryDirection.Credit, new Money(40, usd),
                new Money(40, usd), alice, at),
            credit.Entry);
        Assert.Equal((two.NowMicros, two.NowMicros), (debit.AtMicros, credit.AtMicros));
        Assert.Equal(debit.View, two.Payer.Partition.View(two.Payer.NumberOf("alice")));
        Assert.Equal(credit.View, two.Payee.Partition.View(two.Payee.NumberOf("bob")));
        // The credit's leg settles nothing: the payer's partition answers for the transfer.
        Assert.Throws<System.Diagnostics.UnreachableException>(() => two.Payee.Partition.Describe(two.Payee.Newest));
    }

    [Fact]
    public void An_accounts_history_leads_back_through_legs_of_both_kinds()
    {
        const int count = 150;
        var amounts = new List<long>();
        for (var id = 1; id <= count; id++)
        {
            var back = id % 3 == 0;
            var transfer = back
                ? TwoPartitions.Transfer(id, 1, "alice", "bob")
                : TwoPartitions.Transfer(id, 1 + id % 2);
            Assert.Equal(Rejection.None, two.Together(transfer, back).Outcome.Rejection);
            amounts.Add(back ? transfer.Amount.MinorUnits : -transfer.Amount.MinorUnits);
        }

        AssertHistory(two.Payer, "alice", [300, .. amounts]);
        AssertHistory(two.Payee, "bob", [.. amounts.Select(amount => -amount)]);
        Assert.Equal(0, two.Total.Sum.MinorUnits);
        two.AssertReplays();
    }

    [Fact]
    public void A_currency_is_told_of_where_only_its_settlement_account_is()
    {
        var settlement = AccountId.Settlement(Currency.Parse("JPY"));
        two.Payer.Partition.OpenSettlementAccounts(two.NowMicros, two.Payer.Kept.Batch, id => id == settlement);
        two.Payer.Kept.KeepBatch();
        two.Open(two.Payee, "yoko", "JPY");

        two.Together(new Command.Send(1, settlement.Value, "yoko", Amount, "JPY").ToTransfer());

        Assert.Equal(-Amount, two.Payer.Partition.Totals.Single(total => total.Currency.Code == "JPY").MinorUnits);
        Assert.All(
            LedgerCut.Sum([two.Payer.Partition.Cut(), two.Payee.Partition.Cut()]),
            total => Assert.Equal(0, total.Sum.MinorUnits));
        two.AssertReplays();
    }

    [Fact]
    public void Ids_of_full_length_are_kept_whole()
    {
        var (from, to) = (new string('a', 64), new string('b', 64));
        two.Open(two.Payer, from);
        two.Open(two.Payee, to);
        two.Pay(two.Payer, -3, "settlement:USD", from, 100);

        Assert.Equal(Rejection.None, two.SentTogether(1, Amount, to, from).Rejection);

        Assert.Equal(
            TwoPartitions.Transfer(1, Amount, to, from), two.Payer.Partition.Describe(two.Payer.Newest).Transfer);
        Assert.Equal(
            from, two.Payee.Partition.Describe(two.Payee.Newest, two.Payee.NumberOf(to)).Entry?.Counterparty.Value);
        two.AssertReplays();
    }

    // From the newest moment back to the opening, one step after the other.
    private static void AssertHistory(TwoPartitions.Side side, string account, List<long> amounts)
    {
        var number = side.NumberOf(account);
        var balance = amounts.Sum();
        Assert.Equal(balance, side.BalanceOf(account));
        var moment = side.Partition.Describe(side.Newest, number);
        for (var version = amounts.Count; version > 0; version--)
        {
            var amount = amounts[version - 1];
            Assert.Equal((version, balance), (moment.View.Version, moment.View.Balance.MinorUnits));
            Assert.Equal(
                (amount < 0 ? EntryDirection.Debit : EntryDirection.Credit, Math.Abs(amount)),
                (moment.Entry?.Direction, moment.Entry?.Amount.MinorUnits));
            balance -= amount;
            moment = side.Partition.Describe(side.Kept.At(moment.Previous), number);
        }
        Assert.Equal((0, -1), (moment.View.Version, moment.Previous));
    }
}
