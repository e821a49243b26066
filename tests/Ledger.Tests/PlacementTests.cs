namespace OrleansWallet.Ledger.Tests;

public sealed class PlacementTests
{
    // What lies where was promised for ever. Add lines; never change one.
    [Theory]
    [InlineData("alice", 64, 52)]
    [InlineData("bob", 64, 32)]
    [InlineData("settlement:USD", 64, 12)]
    [InlineData("alice", 10, 6)]
    [InlineData("alice", 1, 0)]
    public void An_account_lies_where_it_always_lay(string account, int partitions, int expected) =>
        Assert.Equal(expected, Placement.PartitionOf(AccountId.Parse(account), partitions));

    [Theory]
    [InlineData("01589980-2664-11ec-9621-0242ac130002", 64, 9)]
    [InlineData("00000000-0000-0000-0000-000000000001", 64, 36)]
    [InlineData("01589980-2664-11ec-9621-0242ac130002", 10, 3)]
    public void An_id_has_the_home_it_always_had(string id, int partitions, int expected) =>
        Assert.Equal(expected, Placement.HomeOf(TransactionId.Parse(id), partitions));

    [Fact]
    public void Accounts_and_ids_that_differ_little_are_spread_evenly()
    {
        var accounts = new int[64];
        var homes = new int[64];
        for (var i = 0; i < 64_000; i++)
        {
            accounts[Placement.PartitionOf(AccountId.Parse($"account-{i}"), 64)]++;
            homes[Placement.HomeOf(new TransactionId(new Guid(i, 0, 0, new byte[8])), 64)]++;
        }
        Assert.All(accounts, count => Assert.InRange(count, 800, 1200));
        Assert.All(homes, count => Assert.InRange(count, 800, 1200));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(-1)]
    public void There_is_at_least_one_partition(int partitions) =>
        Assert.Throws<ArgumentOutOfRangeException>(() => Placement.PartitionOf(AccountId.Parse("alice"), partitions));

    [Theory]
    [InlineData(-1, 2)]
    [InlineData(2, 2)]
    [InlineData(0, 0)]
    [InlineData(0, -1)]
    [InlineData(0, Membership.PartitionsMax + 1)]
    public void A_partition_has_one_of_the_numbers_there_are(int number, int partitions) =>
        Assert.Throws<ArgumentOutOfRangeException>(
            () => new Membership(number, partitions, new TwoPartitions.Side(0)));
}
