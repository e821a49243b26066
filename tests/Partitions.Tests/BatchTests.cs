using OrleansWallet.Ledger;
using OrleansWallet.Partitions.Tests.Support;
using OrleansWallet.Testing;
using Xunit.Abstractions;

namespace OrleansWallet.Partitions.Tests;

/// <summary>Batches over several partitions: all outcomes are those of the batch's order.</summary>
public sealed class BatchTests(PostgresServer server, ITestOutputHelper output) : IClassFixture<PostgresServer>
{
    [PostgresFact]
    public async Task A_batch_has_the_outcomes_that_its_transfers_have_one_by_one()
    {
        await using var partitions = await TestPartitions.StartAsync(server, 6);
        // Little money and large amounts: most outcomes depend on what came before.
        var accounts = await partitions.FundAsync(8, 100);
        var balances = accounts.ToDictionary(account => account, _ => 100L);
        var (random, counts) = (new Random(7), new Dictionary<Rejection, int>());
        for (var round = 0; round < 12; round++)
        {
            var transfers = Enumerable.Range(0, random.Next(1, 120)).Select(_ => TestPartitions.Transfer(
                accounts[random.Next(8)], accounts[random.Next(8)], random.Next(1, 120))).ToList();
            // One comes twice, one id comes with another content.
            transfers.Add(transfers[random.Next(transfers.Count)]);
            transfers.Add(transfers[random.Next(transfers.Count)] with { Amount = new Money(1_000, TestPartitions.Usd) });
            var outcomes = new TransferOutcome[transfers.Count];
            await partitions.Wallet.TransferManyAsync(transfers.ToArray(), outcomes);
            var known = new Dictionary<TransactionId, (Transfer Transfer, Rejection Outcome)>();
            foreach (var (transfer, outcome) in transfers.Zip(outcomes))
            {
                var expected = Expect(balances, known, transfer);
                Assert.Equal(expected, outcome.Rejection);
                counts[expected] = counts.GetValueOrDefault(expected) + 1;
            }
            foreach (var account in accounts) Assert.Equal(balances[account], await partitions.BalanceAsync(account));
        }
        Assert.Empty(partitions.Notices);
        output.WriteLine(string.Join(", ", counts));
        Assert.True(counts.Count >= 4, "The batches were too easy.");
    }

    [PostgresFact]
    public async Task A_large_batch_over_few_accounts_with_enough_money_goes_in_one_wave()
    {
        await using var partitions = await TestPartitions.StartAsync(server, 6);
        var accounts = await partitions.FundAsync(10, 1_000_000);
        var random = new Random(7);
        var transfers = Enumerable.Range(0, IWallet.TransfersMax).Select(i => TestPartitions.Transfer(
            accounts[i % 10], accounts[(i % 10 + random.Next(1, 10)) % 10], 1)).ToArray();
        using var accountsOfBatch = new BatchAccounts(transfers, 6);
        Assert.Equal(10, accountsOfBatch.Count);
        Assert.True(BatchWaves.Of(transfers, accountsOfBatch, new bool[10]).Count > 100);
        Assert.Single(BatchWaves.Of(transfers, accountsOfBatch, Enumerable.Repeat(true, 10).ToArray()));
        var outcomes = new TransferOutcome[transfers.Length];
        await partitions.Wallet.TransferManyAsync(transfers, outcomes);
        Assert.All(outcomes, outcome => Assert.Equal(Rejection.None, outcome.Rejection));
        var ledger = await partitions.Wallet.ReadLedgerAsync(fresh: true);
        Assert.Equal(10 + transfers.Length, ledger.Transfers);
        Assert.Equal([0L], ledger.Totals.Select(total => total.MinorUnits));
    }

    private static Rejection Expect(
        Dictionary<AccountId, long> balances, Dictionary<TransactionId, (Transfer Transfer, Rejection Outcome)> known,
        Transfer transfer)
    {
        if (known.TryGetValue(transfer.Id, out var earlier))
            return earlier.Transfer == transfer ? earlier.Outcome : Rejection.TransactionIdReused;
        var amount = transfer.Amount.MinorUnits;
        var outcome = transfer.From == transfer.To ? Rejection.SameAccount
            : balances[transfer.From] < amount ? Rejection.InsufficientFunds : Rejection.None;
        known.Add(transfer.Id, (transfer, outcome));
        if (outcome != Rejection.None) return outcome;
        balances[transfer.From] -= amount;
        balances[transfer.To] += amount;
        return outcome;
    }
}
