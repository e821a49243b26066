using System.Buffers.Binary;
using OrleansWallet.Ledger;
using OrleansWallet.Partitions.Tests.Support;
using OrleansWallet.Storage.Partitions;
using OrleansWallet.Testing;
using Xunit.Abstractions;

namespace OrleansWallet.Partitions.Tests;

/// <summary>What partitions write to their journals in few bytes, and read again.</summary>
public sealed class PackedJournalTests(PostgresServer server, ITestOutputHelper output) : IClassFixture<PostgresServer>
{
    private const int Transfers = 4_000;
    // A transfer is two legs and a claim: 256 bytes with such names.
    private const long BytesMax = 160 * Transfers;

    [PostgresFact]
    public async Task A_journal_has_batches_that_are_packed_and_others_and_both_are_read()
    {
        await using var partitions = await TestPartitions.StartAsync(server, 4);
        var accounts = await partitions.FundAsync(40, 1_000_000);
        var transfers = Enumerable.Range(0, Transfers).Select(i => TestPartitions.Transfer(
            accounts[i % 40], accounts[(i * 7 + 1 + i % 3) % 40], 1 + i % 5)).Where(t => t.From != t.To).ToArray();
        var before = await partitions.NumberAsync(JournalBytes);
        var outcomes = new TransferOutcome[transfers.Length];
        await partitions.Wallet.TransferManyAsync(transfers, outcomes);
        Assert.All(outcomes, outcome => Assert.Equal(Rejection.None, outcome.Rejection));
        var bytes = await partitions.NumberAsync(JournalBytes) - before;
        output.WriteLine($"{bytes / (double)transfers.Length:0} bytes a transfer.");
        Assert.InRange(bytes, 1, BytesMax);
        Assert.NotEqual(0, await partitions.NumberAsync(BatchesOfKind(PartitionBatchKind.Records)));
        Assert.NotEqual(0, await partitions.NumberAsync(BatchesOfKind(PartitionBatchKind.PackedRecords)));
        var balances = await BalancesAsync();

        await partitions.CrashAsync();

        Assert.Equal(balances, await BalancesAsync());
        foreach (var number in new[] { 0, 1, transfers.Length - 1 })
        {
            var transfer = transfers[number];
            var again = await partitions.Wallet.TransferAsync(transfer);
            Assert.Equal(outcomes[number] with { Replayed = true }, again);
            var entries = await partitions.Wallet.ListEntriesAsync(transfer.From, 100, null);
            Assert.Equal(100, entries.Entries.Count);
        }
        Assert.Empty(partitions.Notices);

        async Task<List<long>> BalancesAsync()
        {
            var all = new List<long>();
            foreach (var account in accounts) all.Add(await partitions.BalanceAsync(account));
            return all;
        }
    }

    [Fact]
    public void Packed_records_that_cannot_be_unpacked_are_damage()
    {
        var start = PartitionPoint.Start(Guid.NewGuid(), 3);
        var (_, begun) = PartitionBatch.SealActivation(start, Guid.NewGuid());
        var bytes = new byte[PartitionBatch.HeaderBytes + 40];
        BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(PartitionBatch.HeaderBytes), 48);
        PartitionBatch.SealRecords(bytes, begun, count: 1, PartitionBatchKind.PackedRecords);

        var damaged = Assert.Throws<PartitionDamagedException>(
            () => new BatchRecords(PartitionBatch.ReadNext(begun, bytes)));

        Assert.Contains("can't be unpacked", damaged.Message, StringComparison.Ordinal);
        Assert.Equal((3, 2), (damaged.Partition, damaged.Sequence));
    }

    private const string JournalBytes = "SELECT coalesce(sum(octet_length(payload)), 0)::bigint FROM partition_journal";

    private static string BatchesOfKind(PartitionBatchKind kind) =>
        $"SELECT count(*) FROM partition_journal WHERE get_byte(payload, 5) = {(int)kind}";
}
