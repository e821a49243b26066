using OrleansWallet.Ledger;
using OrleansWallet.Partitions.Tests.Support;
using OrleansWallet.Testing;

namespace OrleansWallet.Partitions.Tests;

/// <summary>Transfers of many callers that travel together, some of which have to wait for a partition that is away.</summary>
public sealed class SeparateTransfersTests(PostgresServer server) : IClassFixture<PostgresServer>
{
    private const int Partitions = 8;
    private const int Callers = 50;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    [PostgresTheory]
    [InlineData(TransferProtocol.Tcc)]
    [InlineData(TransferProtocol.Saga)]
    public async Task What_waits_for_a_partition_that_is_away_keeps_no_other_waiting(TransferProtocol protocol)
    {
        // Each partition commits by itself: the others reach it by messages only.
        await using var partitions = await TestPartitions.StartAsync(
            server, Partitions, new PartitionOptions { Protocol = protocol, PartitionLoops = Partitions });
        var accounts = await partitions.FundAsync(40, cents: 10_000);
        var payer = accounts[0];
        // Neither the bank's, where the money came from, nor the payer's own.
        var away = Enumerable.Range(0, Partitions).First(number => number != PartitionOf(payer)
            && accounts.Any(account => PartitionOf(account) == number));
        var there = accounts.First(account => PartitionOf(account) == away);
        var elsewhere = accounts.First(account => account != payer && PartitionOf(account) != away);
        await Host(partitions, away).StopAsync();

        var waiting = new List<Task<TransferOutcome>>();
        var going = new List<Task<TransferOutcome>>();
        for (var i = 0; i < Callers; i++)
        {
            // Their payees are away, or the homes of their ids.
            waiting.Add(Send(partitions, payer, there, home: null));
            waiting.Add(Send(partitions, payer, elsewhere, home: away));
            going.Add(Send(partitions, payer, elsewhere, home: (away + 1) % Partitions));
        }
        var outcomes = await Task.WhenAll(going).WaitAsync(Patience);
        Assert.All(outcomes, outcome => Assert.Equal((Rejection.None, false), (outcome.Rejection, outcome.Replayed)));
        Assert.All(waiting, task => Assert.False(task.IsCompleted));

        await partitions.ReviveAsync();
        outcomes = await Task.WhenAll(waiting).WaitAsync(Patience);
        Assert.All(outcomes, outcome => Assert.Equal((Rejection.None, false), (outcome.Rejection, outcome.Replayed)));
        Assert.Equal(10_000 - 3 * Callers, await partitions.BalanceAsync(payer));
    }

    [PostgresFact]
    public async Task The_answers_of_a_call_come_in_parts_and_the_last_says_so()
    {
        await using var partitions = await TestPartitions.StartAsync(
            server, Partitions, new PartitionOptions { PartitionLoops = Partitions });
        var accounts = await partitions.FundAsync(40, cents: 10_000);
        var payer = accounts[0];
        var away = (PartitionOf(payer) + 1) % Partitions;
        var payee = accounts.First(account => account != payer && PartitionOf(account) != away);
        await Host(partitions, away).StopAsync();
        Transfer[] transfers =
        [
            Draw(payer, payee, away), Draw(payer, payee, PartitionOf(payer)), Draw(payer, payee, away),
            Draw(payer, payee, PartitionOf(payer)),
        ];
        var parts = new List<TransferAnswers>();
        await foreach (var part in Host(partitions, PartitionOf(payer))
            .TransferAsync(transfers, inOrder: false, Patience))
        {
            parts.Add(part);
            if (parts.Sum(one => one.Count) == 2) await partitions.ReviveAsync();
        }
        int[] places = [.. parts.SelectMany(part => Enumerable.Range(0, part.Count).Select(part.PlaceOf))];
        Assert.Equal([1, 3], places.Take(2).Order());
        Assert.Equal([0, 1, 2, 3], places.Order());
        Assert.Equal([.. Enumerable.Repeat(false, parts.Count - 1), true], parts.Select(part => part.IsLast));
    }

    [Fact]
    public void What_has_an_answer_is_not_sent_again()
    {
        var (one, other) = (AccountId.Parse("a"), AccountId.Parse("b"));
        Transfer[] all = [.. Enumerable.Range(1, 5).Select(cents => TestPartitions.Transfer(one, other, cents))];
        var rest = new UnansweredTransfers(all);
        Assert.Equal(all, rest.Send());
        Assert.Equal([3, 1], rest.Take(Answers([3, 1])).Places ?? []);
        Assert.Equal([all[0], all[2], all[4]], rest.Send());
        // The middle one of these, and then the two others, which come as all that were sent.
        Assert.Equal([2], rest.Take(Answers([1])).Places ?? []);
        Assert.Equal([all[0], all[4]], rest.Send());
        var last = rest.Take(new TransferAnswers(null, new TransferOutcome[2], IsLast: true));
        Assert.Equal([0, 4], last.Places ?? []);
        Assert.True(last.IsLast);
        Assert.Equal(0, rest.Count);

        static TransferAnswers Answers(int[] places) => new(places, new TransferOutcome[places.Length], IsLast: false);
    }

    private static Task<TransferOutcome> Send(TestPartitions partitions, AccountId from, AccountId to, int? home) =>
        partitions.Wallet.TransferAsync(Draw(from, to, home)).AsTask();

    private static Transfer Draw(AccountId from, AccountId to, int? home)
    {
        while (true)
        {
            var transfer = TestPartitions.Transfer(from, to, cents: 1);
            if (home is null || Placement.HomeOf(transfer.Id, Partitions) == home) return transfer;
        }
    }

    private static int PartitionOf(AccountId account) => Placement.PartitionOf(account, Partitions);

    private static PartitionHost Host(TestPartitions partitions, int number) =>
        Assert.IsType<PartitionHost>(partitions.Local.All[number]);
}
