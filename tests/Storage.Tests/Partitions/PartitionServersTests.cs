using OrleansWallet.Storage.Partitions;
using OrleansWallet.Storage.Tests.Support;
using OrleansWallet.Testing;

namespace OrleansWallet.Storage.Tests.Partitions;

[Collection(PostgresCollection.Name)]
public sealed class PartitionServersTests(PostgresServer server)
{
    [Theory]
    [InlineData("0-31=Host=a;Database=b", 0, 31, "Host=a;Database=b")]
    [InlineData("7-7=Host=a;Password=x=y-z", 7, 7, "Host=a;Password=x=y-z")]
    [InlineData(" 0 - 63 =Host=a", 0, 63, "Host=a")]
    public void A_server_is_read_from_its_text(string text, int first, int last, string connectionString) =>
        Assert.Equal(new PartitionServer(first, last, connectionString), PartitionServer.Parse(text));

    [Fact]
    public void A_server_tells_its_range_and_not_its_password() => Assert.Equal(
        "the server of the partitions 0-31", $"{PartitionServer.Parse("0-31=Host=a;Password=secret")}");

    [Theory]
    [InlineData("")]
    [InlineData("Host=secret;Database=b")]
    [InlineData("0-31")]
    [InlineData("0..31=Host=secret")]
    [InlineData("-1-31=Host=secret")]
    [InlineData("0-x=Host=secret")]
    [InlineData("99999999999-1=Host=secret")]
    public void A_text_that_names_no_range_is_refused_and_not_repeated(string text)
    {
        var refused = Assert.Throws<StorageSetupException>(() => PartitionServer.Parse(text));
        Assert.DoesNotContain("secret", refused.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("0-63", null)]
    [InlineData("32-63 0-31", null)]
    [InlineData("0-0 2-63 1-1", null)]
    [InlineData("", "No server has the partitions 0-63")]
    [InlineData("0-31", "No server has the partitions 32-63")]
    [InlineData("1-63", "No server has the partitions 0-0")]
    [InlineData("0-9 20-63", "No server has the partitions 10-19")]
    [InlineData("0-40 32-63", "Partition 32 is given to two servers")]
    [InlineData("0-63 0-63", "Partition 0 is given to two servers")]
    [InlineData("0-64", "There are no partitions 0-64")]
    [InlineData("0-40 41-40 41-63", "There are no partitions 41-40")]
    public void Every_partition_must_have_one_server(string ranges, string? fault)
    {
        var servers = ranges.Split(' ', StringSplitOptions.RemoveEmptyEntries)
            .Select(range => PartitionServer.Parse($"{range}=Host=a"));
        if (fault is null)
        {
            Assert.Equal(64, PartitionServer.Covering(servers, 64).Sum(each => each.Last - each.First + 1));
            return;
        }
        var refused = Assert.Throws<StorageSetupException>(() => PartitionServer.Covering(servers, 64));
        Assert.Contains(fault, refused.Message, StringComparison.Ordinal);
    }

    [PostgresFact]
    public async Task Partitions_lie_on_the_server_of_their_range_and_one_that_is_away_holds_up_no_other()
    {
        var (left, right) = (await PartitionPlace.NewAsync(server), await PartitionPlace.NewAsync(server));
        await using var journals = await OpenAsync(left, right);
        var partitions = await TestPartition.ActivateAllAsync(journals, 64);

        await Task.WhenAll(partitions.Select(partition => partition.AppendManyAsync(3)));

        foreach (var (place, first, last) in new[] { (left, 0, 23), (right, 24, 63) })
        {
            Assert.Equal(4L * (last - first + 1), await place.CountAsync("SELECT count(*) FROM partition_journal"));
            Assert.Equal(first, await place.CountAsync("SELECT min(partition)::bigint FROM partition_journal"));
            Assert.Equal(last, await place.CountAsync("SELECT max(partition)::bigint FROM partition_journal"));
        }
        foreach (var partition in partitions) Assert.Equal(4, (await partition.ReadAllAsync()).Count);
        await journals.WriteSnapshotAsync(partitions[40].Point, image => image.WriteByte(1));
        Assert.NotNull(await journals.ReadNewestSnapshotAsync(40, image => image.ReadByte(), _ => { }));
        Task waiting;
        await using (await left.LockAsync("partition_journal"))
        {
            waiting = partitions[0].AppendAsync();
            await left.WaitForLockedAsync(1);
            await partitions[24].AppendManyAsync(5);
            Assert.False(waiting.IsCompleted);
        }
        await waiting;
        Assert.Equal(64 * 4 + 6, journals.Counts.Batches);
    }

    [PostgresFact]
    public async Task What_was_fixed_when_the_ledger_was_made_is_checked_ever_after()
    {
        var (left, right) = (await PartitionPlace.NewAsync(server), await PartitionPlace.NewAsync(server));
        Guid ledgerId;
        await using (var journals = await OpenAsync(left, right)) ledgerId = journals.LedgerId;
        await using (var again = await OpenAsync(left, right)) Assert.Equal(ledgerId, again.LedgerId);

        await AssertRefusedAsync("partition-range 24-63", () => OpenAsync(right: left, left: right));
        await AssertRefusedAsync("partition-range 0-23", () => left.OpenAsync());
        await AssertRefusedAsync(
            "partition-count 64", () => left.OpenAsync(new PartitionStoreOptions { PartitionCount = 24 }));
        var stranger = await PartitionPlace.NewAsync(server);
        await AssertRefusedAsync("ledger-id", () => OpenAsync(stranger, right));
        await using (var still = await OpenAsync(left, right)) Assert.Equal(ledgerId, still.LedgerId);
    }

    private static async Task AssertRefusedAsync(string why, Func<Task<PartitionJournals>> open)
    {
        var refused = await Assert.ThrowsAsync<StorageSetupException>(open);
        Assert.Contains(why, refused.Message, StringComparison.Ordinal);
    }

    private static Task<PartitionJournals> OpenAsync(PartitionPlace left, PartitionPlace right) =>
        PartitionJournals.OpenAsync(
            [
                PartitionServer.Parse($"24-63={right.ConnectionString}"),
                PartitionServer.Parse($"0-23={left.ConnectionString}"),
            ], new PartitionStoreOptions());
}
