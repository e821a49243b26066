using OrleansWallet.Storage.Partitions;
using OrleansWallet.Storage.Tests.Support;
using OrleansWallet.Testing;

namespace OrleansWallet.Storage.Tests.Partitions;

// Whatever is done to the rows, reading stops at the first that isn't right, and names it.
[Collection(PostgresCollection.Name)]
public sealed class PartitionDamageTests(PostgresServer server)
{
    private const string Row = "WHERE partition = 3 AND sequence =";

    [PostgresFact]
    public async Task A_flipped_bit_is_found_wherever_it_is()
    {
        var place = await PartitionPlace.NewAsync(server);
        await using var journals = await place.OpenAsync();
        await (await TestPartition.ActivateAsync(journals, 3)).AppendManyAsync(11);
        foreach (var at in new[] { 0, 4, 5, 6, 8, 16, 20, 24, 32, 36, 67, 68, 72, 191 })
        {
            var flip = $"UPDATE partition_journal SET payload = set_byte(payload, {at}, get_byte(payload, {at}) # 1) "
                + $"{Row} 7";
            await place.ExecuteAsync(flip);
            var damaged = await ReadUntilDamagedAsync(journals, expectedBefore: 6);
            Assert.Equal((3, 7), (damaged.Partition, damaged.Sequence));
            await Assert.ThrowsAsync<PartitionDamagedException>(() => journals.FindAsync(3, 7));
            await place.ExecuteAsync(flip);
        }
        Assert.Equal(12, (await TestPartition.ReadAllAsync(journals, 3)).Count);
    }

    [PostgresFact]
    public Task A_batch_that_was_cut_short_is_found() => AssertDamagedAsync(
        7, "its header says 192", $"UPDATE partition_journal SET payload = substring(payload for 191) {Row} 7");

    [PostgresFact]
    public Task A_batch_without_its_header_is_found() => AssertDamagedAsync(
        7, "its header alone", $"UPDATE partition_journal SET payload = substring(payload for 71) {Row} 7");

    [PostgresFact]
    public Task A_batch_that_has_become_longer_is_found() => AssertDamagedAsync(
        7, "its header says 192", $"UPDATE partition_journal SET payload = payload || payload {Row} 7");

    [PostgresFact]
    public Task A_missing_batch_is_found() => AssertDamagedAsync(
        7, "missing", $"DELETE FROM partition_journal {Row} 7");

    [PostgresFact]
    public Task Several_missing_batches_are_found() => AssertDamagedAsync(
        5, "the next there is batch 9",
        "DELETE FROM partition_journal WHERE partition = 3 AND sequence BETWEEN 5 AND 8");

    [PostgresFact]
    public Task A_missing_first_batch_is_found() => AssertDamagedAsync(
        1, "missing", $"DELETE FROM partition_journal {Row} 1");

    [PostgresFact]
    public Task Swapped_batches_are_found() => AssertDamagedAsync(4, "batch 6 of partition 3 lies in its place", """
        UPDATE partition_journal AS held SET payload = other.payload FROM partition_journal AS other
        WHERE held.partition = 3 AND other.partition = 3 AND held.sequence IN (4, 6)
            AND other.sequence = 10 - held.sequence
        """);

    [PostgresFact]
    public Task A_batch_of_another_partition_is_found() => AssertDamagedAsync(
        7, "batch 7 of partition 2 lies in its place", """
        UPDATE partition_journal AS held SET payload = other.payload FROM partition_journal AS other
        WHERE held.partition = 3 AND held.sequence = 7 AND other.partition = 2 AND other.sequence = 7
        """);

    [PostgresFact]
    public async Task A_forged_batch_with_a_right_checksum_is_found_by_the_hash_chain()
    {
        var place = await PartitionPlace.NewAsync(server);
        await using var journals = await place.OpenAsync();
        var partition = await TestPartition.ActivateAsync(journals, 3);
        await partition.AppendManyAsync(4);
        var real = partition.Point;
        await partition.AppendManyAsync(4);
        var (forged, _) = Batches.Records(real with { Chain = default });
        await place.ExecuteAsync(
            $"UPDATE partition_journal SET payload = '\\x{Convert.ToHexString(forged)}' {Row} {real.Sequence + 1}");

        Assert.NotNull(await journals.FindAsync(3, real.Sequence + 1));
        var damaged = await ReadUntilDamagedAsync(journals, expectedBefore: 5);

        Assert.Equal((3, 6), (damaged.Partition, damaged.Sequence));
        Assert.Contains("hash", damaged.Message, StringComparison.Ordinal);
    }

    [PostgresFact]
    public async Task A_lost_end_is_found_by_whoever_knows_a_point_of_it()
    {
        var place = await PartitionPlace.NewAsync(server);
        await using var journals = await place.OpenAsync();
        var partition = await TestPartition.ActivateAsync(journals, 3);
        await partition.AppendManyAsync(8);
        await journals.WriteSnapshotAsync(partition.Point, image => image.WriteByte(1));
        await place.ExecuteAsync("DELETE FROM partition_journal WHERE partition = 3 AND sequence > 6");

        var snapshot = await journals.ReadNewestSnapshotAsync(3, image => image.ReadByte(), _ => { });

        Assert.NotNull(snapshot);
        var damaged = await Assert.ThrowsAsync<PartitionDamagedException>(
            () => journals.ActivateAsync(snapshot.Point, Guid.NewGuid(), _ => ValueTask.CompletedTask));
        Assert.Equal((3, 9), (damaged.Partition, damaged.Sequence));
        Assert.Equal(6, await place.CountAsync("SELECT count(*) FROM partition_journal WHERE partition = 3"));
    }

    private async Task AssertDamagedAsync(long sequence, string fault, string sql)
    {
        var place = await PartitionPlace.NewAsync(server);
        await using var journals = await place.OpenAsync(new PartitionStoreOptions { ReadBatchesMax = 4 });
        foreach (var number in new[] { 2, 3 })
            await (await TestPartition.ActivateAsync(journals, number)).AppendManyAsync(11);
        Assert.NotEqual(0, await place.ExecuteAsync(sql));

        var damaged = await ReadUntilDamagedAsync(journals, expectedBefore: (int)sequence - 1);

        Assert.Equal((3, sequence), (damaged.Partition, damaged.Sequence));
        Assert.Contains($"Batch {sequence} of partition 3", damaged.Message, StringComparison.Ordinal);
        Assert.Contains(fault, damaged.Message, StringComparison.Ordinal);
        if (!sql.StartsWith("DELETE", StringComparison.Ordinal))
            await Assert.ThrowsAsync<PartitionDamagedException>(() => journals.FindAsync(3, sequence));
        await Assert.ThrowsAsync<PartitionDamagedException>(() => TestPartition.ActivateAsync(journals, 3));
        Assert.Equal(12, (await TestPartition.ReadAllAsync(journals, 2)).Count);
    }

    private static async Task<PartitionDamagedException> ReadUntilDamagedAsync(
        PartitionJournals journals, int expectedBefore)
    {
        var seen = 0;
        var damaged = await Assert.ThrowsAsync<PartitionDamagedException>(async () =>
        {
            await foreach (var batch in journals.ReadAsync(PartitionPoint.Start(journals.LedgerId, 3)))
                Assert.Equal(++seen, batch.Sequence);
        });
        Assert.Equal(expectedBefore, seen);
        return damaged;
    }
}
