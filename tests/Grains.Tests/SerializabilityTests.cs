using System.Collections.Concurrent;
using System.Diagnostics;
using Orleans.Transactions;
using OrleansWallet.Grains.Tests.Support;
using OrleansWallet.Ledger;
using Xunit.Abstractions;

namespace OrleansWallet.Grains.Tests;

/// <summary>One order explains all that concurrent clients were answered, and it agrees with real time.</summary>
[Collection(SharedCluster.Name)]
public sealed class SerializabilityTests(SharedCluster shared, ITestOutputHelper output)
{
    private const int Accounts = 5;
    private const long Start = 400;
    private const int Clients = 10;
    private const int OperationsEach = 40;

    private WalletCluster Cluster => shared.Cluster;

    [Fact]
    public async Task A_recorded_history_is_strictly_serializable()
    {
        var accounts = await Ids.FundAsync(Cluster.Wallet, Accounts, Start);
        var history = new ConcurrentBag<Operation>();
        var moved = new ConcurrentBag<(Transfer Transfer, TimeSpan Invoked, TimeSpan Answered)>();
        var (refused, aborted) = (0, 0);
        var clock = Stopwatch.StartNew();
        await Task.WhenAll(Enumerable.Range(0, Clients).Select(async client =>
        {
            var random = new Random(client);
            var wallet = Cluster.FrontEnds[client % Cluster.FrontEnds.Count];
            for (var i = 0; i < OperationsEach; i++)
            {
                var invoked = clock.Elapsed;
                if (random.Next(3) == 0)
                {
                    if (await ReadAsync(accounts, random) is not { } seen) Interlocked.Increment(ref aborted);
                    else history.Add(new Operation($"read {client}.{i}", invoked, clock.Elapsed, false, seen));
                    continue;
                }
                var from = random.Next(Accounts);
                var to = (from + random.Next(1, Accounts)) % Accounts;
                var transfer = Ids.Transfer(accounts[from], accounts[to], random.Next(1, 150));
                var outcome = await wallet.TransferAsync(transfer);
                Assert.True(Answered.IsSettled(outcome), $"{transfer}: {outcome}");
                if (outcome.Rejection != Rejection.None) Interlocked.Increment(ref refused);
                else moved.Add((transfer, invoked, clock.Elapsed));
            }
        }));
        foreach (var (transfer, invoked, answered) in moved)
            history.Add(await OperationOfAsync(transfer, invoked, answered));
        var start = accounts.ToDictionary(account => account, account => new Observed(account, 1, Start));
        Assert.Null(HistoryChecker.Check([.. history], start));
        CheckThatItWouldBeFound([.. history], start);
        output.WriteLine(
            $"{moved.Count} transfers and {history.Count - moved.Count} reads over {Accounts} accounts by {Clients} "
            + $"clients in {clock.Elapsed.TotalSeconds:0.0} s, {refused} refused, {aborted} reads aborted");
    }

    // The same history with one read that is told an older version of one account.
    private static void CheckThatItWouldBeFound(
        Operation[] history, Dictionary<AccountId, Observed> start)
    {
        var last = Array.FindLastIndex(
            [.. history.OrderBy(operation => operation.Answered)], operation => !operation.IsWrite);
        var ordered = history.OrderBy(operation => operation.Answered).ToArray();
        var read = ordered[last];
        ordered[last] = read with { Seen = [start[read.Seen[0].Account], .. read.Seen.Skip(1)] };
        Assert.Contains("circle", HistoryChecker.Check(ordered, start) ?? "", StringComparison.Ordinal);
    }

    private async Task<Observed[]?> ReadAsync(AccountId[] accounts, Random random)
    {
        // Some accounts, in the order in which transfers lock them.
        var some = accounts.Where(_ => random.Next(3) > 0).DefaultIfEmpty(accounts[0]).ToArray();
        var seen = new Observed[some.Length];
        try
        {
            await Cluster.Transactions.RunTransaction(TransactionOption.Create, async () =>
            {
                for (var i = 0; i < some.Length; i++)
                {
                    var record = await Cluster.Cluster.Client.GetGrain<IAccountGrain>(some[i].Value).Read()
                        ?? throw new InvalidOperationException($"{some[i]} isn't open.");
                    seen[i] = new Observed(some[i], record.Version, record.Balance);
                }
            });
            return seen;
        }
        catch (OrleansTransactionAbortedException)
        {
            return null;
        }
    }

    private async Task<Operation> OperationOfAsync(Transfer transfer, TimeSpan invoked, TimeSpan answered)
    {
        var record = await Cluster.ReadAsync(grains => grains.GetGrain<ITransferGrain>(transfer.Id.Value).Find());
        Assert.NotNull(record?.From);
        Assert.NotNull(record.To);
        return new Operation(
            $"transfer {transfer.Id}", invoked, answered, IsWrite: true,
            [
                new Observed(transfer.From, record.From.Version, record.From.Balance),
                new Observed(transfer.To, record.To.Version, record.To.Balance),
            ], transfer.Amount.MinorUnits);
    }
}
