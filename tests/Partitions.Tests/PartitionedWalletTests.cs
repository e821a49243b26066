using System.Collections.Concurrent;
using OrleansWallet.Ledger;
using OrleansWallet.Partitions.Tests.Support;
using OrleansWallet.Testing;
using Xunit.Abstractions;

namespace OrleansWallet.Partitions.Tests;

/// <summary>Transfers over several partitions and a real PostgreSQL, in one process.</summary>
public sealed class PartitionedWalletTests(PostgresServer server, ITestOutputHelper output)
    : IClassFixture<PostgresServer>
{
    private const long Start = 1_000;

    [PostgresTheory]
    [InlineData(TransferProtocol.Tcc, 1)]
    [InlineData(TransferProtocol.Tcc, 3)]
    [InlineData(TransferProtocol.Tcc, 8)]
    [InlineData(TransferProtocol.Saga, 8)]
    public async Task Concurrent_transfers_leave_every_balance_as_their_outcomes_say(
        TransferProtocol protocol, int loops)
    {
        await using var partitions = await TestPartitions.StartAsync(
            server, 8, new PartitionOptions { Protocol = protocol, PartitionLoops = loops, SnapshotEveryEvents = 200 });
        var accounts = await partitions.FundAsync(20, Start);
        var answers = new ConcurrentBag<(Transfer Transfer, TransferOutcome Outcome)>();
        // Some go on until the oldest part of a journal has left for the archive, behind two snapshots.
        for (var round = 0; round == 0 || await partitions.CountAsync("partition_archive") == 0; round++)
        {
            Assert.True(round < 40, "Nothing was archived under load.");
            await SendAsync(partitions, accounts, answers, callers: 64, each: round == 0 ? 50 : 5);
        }
        output.WriteLine($"{answers.Count} transfers: {string.Join(", ", answers.CountBy(a => a.Outcome.Rejection))}");
        await CheckAsync(partitions, accounts, answers);
        // The same ids again, sent by others, and after a crash of all partitions.
        Assert.True(await partitions.CountAsync("partition_index_run") > 0, "No id left memory.");
        await RepeatAsync(partitions, accounts, answers);
        var images = await ImagesAsync(partitions);
        await partitions.CrashAsync();
        // State is a fold over the record, whatever part of it a snapshot stands for: byte for byte.
        Assert.Equal(images, await ImagesAsync(partitions));
        await CheckAsync(partitions, accounts, answers);
        await RepeatAsync(partitions, accounts, answers);
        await CheckAsync(partitions, accounts, answers);
        Assert.Empty(partitions.Notices);
    }

    private static Task SendAsync(
        TestPartitions partitions, AccountId[] accounts,
        ConcurrentBag<(Transfer Transfer, TransferOutcome Outcome)> answers, int callers, int each) =>
        Task.WhenAll(Enumerable.Range(0, callers).Select(async caller =>
        {
            var random = new Random(caller);
            for (var i = 0; i < each; i++)
            {
                var some = random.GetItems(accounts, 2);
                var transfer = TestPartitions.Transfer(some[0], some[1], random.Next(1, 400));
                answers.Add((transfer, await partitions.Wallet.TransferAsync(transfer)));
            }
        }));

    // Ids that are in memory, in pages, or on their way from one to the other: each has the outcome it had.
    private static async Task RepeatAsync(
        TestPartitions partitions, AccountId[] accounts,
        IReadOnlyCollection<(Transfer Transfer, TransferOutcome Outcome)> answers) =>
        await Parallel.ForEachAsync(answers, new ParallelOptions { MaxDegreeOfParallelism = 64 }, async (each, cancel) =>
        {
            var (transfer, outcome) = each;
            Assert.Equal(outcome with { Replayed = true }, await partitions.Wallet.TransferAsync(transfer, cancel));
            var other = accounts.First(account => account != transfer.From && account != transfer.To);
            Assert.Equal(
                Rejection.TransactionIdReused,
                (await partitions.Wallet.TransferAsync(transfer with { From = other }, cancel)).Rejection);
            var found = await partitions.Wallet.FindTransferAsync(transfer.Id, cancel);
            Assert.Equal(
                (transfer, outcome.Rejection, outcome.Sequence),
                (found?.Transfer, found?.Rejection, found?.Sequence));
        });

    [PostgresFact]
    public async Task An_id_that_comes_again_with_another_payer_moves_nothing()
    {
        await using var partitions = await TestPartitions.StartAsync(server, 8);
        var accounts = await partitions.FundAsync(10, Start);
        foreach (var payer in accounts.Skip(2))
        {
            var first = TestPartitions.Transfer(accounts[0], accounts[1], 1);
            Assert.Equal(Rejection.None, (await partitions.Wallet.TransferAsync(first)).Rejection);
            var other = first with { From = payer };
            Assert.Equal(Rejection.TransactionIdReused, (await partitions.Wallet.TransferAsync(other)).Rejection);
            Assert.Equal(Start, await partitions.BalanceAsync(payer));
        }
    }

    [PostgresFact]
    public async Task A_cursor_of_another_account_leads_nowhere()
    {
        // All accounts in one partition, so that the cursor leads to a record that is there.
        await using var partitions = await TestPartitions.StartAsync(server, 1);
        var accounts = await partitions.FundAsync(3, Start);
        for (var i = 0; i < 3; i++)
            await partitions.Wallet.TransferAsync(TestPartitions.Transfer(accounts[0], accounts[1], 1));
        var page = await partitions.Wallet.ListEntriesAsync(accounts[0], 1, null);
        Assert.NotNull(page.NextCursor);
        Assert.Equal(3, (await partitions.Wallet.ListEntriesAsync(accounts[0], 10, page.NextCursor)).Entries.Count);
        foreach (var cursor in new[] { page.NextCursor, "0", "1", "16777216", $"{long.MaxValue}", "x" })
            Assert.Equal(
                Rejection.BadCursor, (await partitions.Wallet.ListEntriesAsync(accounts[2], 1, cursor)).Rejection);
    }

    private static Task<byte[][]> ImagesAsync(TestPartitions partitions) =>
        Task.WhenAll(partitions.Local.All.Cast<PartitionHost>().Select(host => host.ImageAsync()));

    private static async Task CheckAsync(
        TestPartitions partitions, AccountId[] accounts, IEnumerable<(Transfer Transfer, TransferOutcome Outcome)> answers)
    {
        var moved = answers.Where(answer => answer.Outcome.Rejection == Rejection.None).ToArray();
        foreach (var account in accounts)
        {
            var balance = Start
                + moved.Where(answer => answer.Transfer.To == account).Sum(answer => answer.Transfer.Amount.MinorUnits)
                - moved.Where(answer => answer.Transfer.From == account).Sum(answer => answer.Transfer.Amount.MinorUnits);
            Assert.Equal(balance, await partitions.BalanceAsync(account));
            var page = await partitions.Wallet.ListEntriesAsync(account, IWallet.EntriesMax, null);
            Assert.Equal(
                1 + moved.Count(answer => answer.Transfer.To == account || answer.Transfer.From == account),
                page.Entries.Count);
            Assert.Equal(balance, page.Entries[0].Balance.MinorUnits);
        }
        Assert.Equal(-Start * accounts.Length, await partitions.BalanceAsync(TestPartitions.Bank));
        var ledger = await partitions.Wallet.ReadLedgerAsync(fresh: true);
        Assert.Equal((accounts.Length, accounts.Length + moved.Length), (ledger.Accounts, ledger.Transfers));
        Assert.Equal([0L], ledger.Totals.Select(total => total.MinorUnits));
    }
}
