namespace OrleansWallet.Ledger.Tests;

// The home of transaction ids.
public sealed class ClaimTests
{
    private readonly TwoPartitions two = new();

    [Fact]
    public void The_first_partition_that_claims_an_id_has_it_for_ever()
    {
        Assert.Equal([true], two.Claim(two.Payee, 0, 1));
        Assert.Equal([false], two.Claim(two.Payee, 1, 1));
        Assert.Equal([true], two.Claim(two.Payee, 0, 1));
        two.Payee.Load();
        Assert.Equal([false], two.Claim(two.Payee, 1, 1));
    }

    [Fact]
    public void Only_a_new_claim_is_recorded()
    {
        two.Claim(two.Payee, 0, 1);
        var sequence = two.Payee.Partition.Sequence;

        Assert.Equal([true, true, true], two.Claim(two.Payee, 0, 1, 2, 2));

        Assert.Equal(sequence + 1, two.Payee.Partition.Sequence);
        Assert.Equal((Command.IdOf(2), 0), Records.ClaimOf(two.Payee.Newest));
        Assert.Null(Records.TransactionIdOf(two.Payee.Newest));
    }

    [Fact]
    public void A_claim_comes_after_what_its_asker_had_recorded()
    {
        var records = two.Payee.Kept.Batch;

        two.Payee.Partition.Claim(
            0, two.NowMicros + 500, [Command.IdOf(1)], two.NowMicros, records, new ClaimAnswer[1]);

        Assert.Equal(two.NowMicros + 501, two.Payee.Partition.LastAtMicros);
    }

    [Theory]
    [InlineData(-1)]
    [InlineData(2)]
    public void Only_a_partition_of_the_ledger_claims(int payer) =>
        Assert.Throws<ArgumentOutOfRangeException>(() => two.Claim(two.Payee, payer, 1));

    [Fact]
    public void Other_records_make_no_claim() =>
        Assert.All(
            GoldenLedger.Run().Kept.All(), each => Assert.Null(Records.ClaimOf(each.Record)));
}
