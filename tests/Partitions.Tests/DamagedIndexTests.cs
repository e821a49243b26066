using System.Collections.Concurrent;
using OrleansWallet.Ledger;
using OrleansWallet.Partitions.Tests.Support;
using OrleansWallet.Storage.Partitions;
using OrleansWallet.Testing;

namespace OrleansWallet.Partitions.Tests;

/// <summary>The index of transaction ids is damaged while partitions work: no id is taken for a new one.</summary>
public sealed class DamagedIndexTests(PostgresServer server) : IClassFixture<PostgresServer>
{
    [PostgresTheory]
    [InlineData("UPDATE partition_index_page SET payload = set_byte(payload, 3, get_byte(payload, 3) # 1)")]
    [InlineData("DELETE FROM partition_index_page")]
    public async Task A_partition_gives_no_answer_from_a_damaged_index_and_makes_it_anew(string damage)
    {
        await using var partitions = await TestPartitions.StartAsync(
            server, 4, new PartitionOptions { SnapshotEveryEvents = 100 });
        var accounts = await partitions.FundAsync(10, 1_000);
        var answers = new ConcurrentBag<(Transfer Transfer, TransferOutcome Outcome)>();
        await Parallel.ForEachAsync(Enumerable.Range(0, 1_000), async (number, cancel) =>
        {
            var transfer = TestPartitions.Transfer(accounts[number % 10], accounts[(number + 1) % 10], 1);
            answers.Add((transfer, await partitions.Wallet.TransferAsync(transfer, cancel)));
        });
        for (var tries = 0; await partitions.CountAsync("partition_snapshot") < 4; tries++)
        {
            Assert.True(tries < 100, "No snapshots were made.");
            await Task.Delay(100);
        }
        Assert.True(await partitions.ExecuteAsync(damage) > 0);

        // An answer is the one that was given before, or there is none yet; and never a second transfer.
        using var over = new CancellationTokenSource();
        var reviving = ReviveAsync(partitions, over.Token);
        var unanswered = 0;
        foreach (var (transfer, outcome) in answers)
        {
            TransferOutcome again;
            while ((again = await partitions.Wallet.TransferAsync(transfer)).Rejection == Rejection.Unavailable)
            {
                Assert.True(++unanswered < 1_000, "The index was not made anew.");
                await Task.Delay(20);
            }
            Assert.Equal(outcome with { Replayed = true }, again);
        }
        await over.CancelAsync();
        await reviving;
        Assert.Contains(partitions.Notices, notice => notice.Contains("begins anew", StringComparison.Ordinal));
        var ledger = await partitions.Wallet.ReadLedgerAsync(fresh: true);
        Assert.Equal(10 + answers.Count(answer => answer.Outcome.Rejection == Rejection.None), ledger.Transfers);
    }

    // As a cluster does: what has ended is activated anew. A snapshot whose index is damaged is given up at the first
    // try, and the next one replays from the first event.
    private static async Task ReviveAsync(TestPartitions partitions, CancellationToken over)
    {
        while (!over.IsCancellationRequested)
        {
            try
            {
                await partitions.ReviveAsync();
            }
            catch (PartitionIndexDamagedException)
            {
                // The next one.
            }
            await Task.Delay(20, CancellationToken.None);
        }
    }
}
