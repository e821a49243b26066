using System.Collections.Concurrent;
using Orleans.Transactions;
using OrleansWallet.Grains.Tests.Support;
using OrleansWallet.Ledger;
using Xunit.Abstractions;

namespace OrleansWallet.Grains.Tests;

/// <summary>While money moves, no reader sees any of it missing.</summary>
[Collection(SharedCluster.Name)]
public sealed class IsolationTests(SharedCluster shared, ITestOutputHelper output)
{
    private const int Accounts = 6;
    private const long Start = 1_000;
    private const int Callers = 12;

    private WalletCluster Cluster => shared.Cluster;

    [Fact]
    public async Task A_transaction_that_reads_all_accounts_always_finds_the_same_sum()
    {
        var (reads, aborts) = (0, 0);
        await WhileMovingAsync(480, async (accounts, _, reader) =>
        {
            try
            {
                var sum = 0L;
                await Cluster.Transactions.RunTransaction(TransactionOption.Create, async () =>
                {
                    sum = 0;
                    // In the order that transfers lock in, as whoever wants to wait for nobody in a circle does.
                    foreach (var account in accounts)
                        sum += (await Cluster.Cluster.Client.GetGrain<IAccountGrain>(account.Value).Read())?.Balance
                            ?? 0;
                });
                Assert.Equal(Accounts * Start, sum);
                Interlocked.Increment(ref reads);
            }
            catch (OrleansTransactionAbortedException)
            {
                // An aborted read was told nothing.
                Interlocked.Increment(ref aborts);
            }
        });
        Assert.InRange(reads, 10, int.MaxValue);
        output.WriteLine($"{reads} transactions over {Accounts} accounts read the same sum, {aborts} were aborted");
    }

    [Fact]
    public async Task Every_fresh_audit_sums_to_zero()
    {
        var audits = 0;
        await WhileMovingAsync(120, async (_, _, reader) =>
        {
            var wallet = Cluster.FrontEnds[reader % Cluster.FrontEnds.Count];
            var ledger = await wallet.ReadLedgerAsync(fresh: true);
            Assert.All(ledger.Totals, total => Assert.Equal(0, total.MinorUnits));
            Interlocked.Increment(ref audits);
        });
        Assert.InRange(audits, 5, int.MaxValue);
        output.WriteLine($"{audits} fresh audits summed to zero");
    }

    [Fact]
    public async Task All_accounts_at_one_sequence_number_sum_to_the_same_and_do_so_later()
    {
        var cuts = new ConcurrentBag<(long Sequence, AccountView[] Views)>();
        var all = Array.Empty<AccountId>();
        await WhileMovingAsync(240, async (accounts, newest, reader) =>
        {
            all = accounts;
            if (newest() is not { } sequence) return;
            var wallet = Cluster.FrontEnds[reader % Cluster.FrontEnds.Count];
            var views = await ReadAtAsync(wallet, accounts, sequence);
            Assert.Equal(Accounts * Start, views.Sum(view => view.Balance.MinorUnits));
            cuts.Add((sequence, views));
        });
        Assert.InRange(cuts.Count, 5, int.MaxValue);
        foreach (var (sequence, views) in cuts)
            Assert.Equal(views, await ReadAtAsync(Cluster.FrontEnds[^1], all, sequence));
        output.WriteLine($"{cuts.Count} cuts at a sequence number, each read twice");
    }

    private static async Task<AccountView[]> ReadAtAsync(ClusterWallet wallet, AccountId[] accounts, long sequence) =>
        await Task.WhenAll(accounts.Select(async account =>
        {
            var found = await wallet.FindAccountAsync(account, AsOf.AfterSequence(sequence));
            return found.Account ?? throw new InvalidOperationException($"{account} at {sequence}: {found.Rejection}");
        }));

    // Runs the readers again and again for as long as the callers move money.
    private async Task WhileMovingAsync(int transfersEach, Func<AccountId[], Func<long?>, int, Task> read)
    {
        var accounts = await Ids.FundAsync(Cluster.Wallet, Accounts, Start);
        var answered = new Answered(accounts, Start);
        var newest = 0L;
        var moving = Task.WhenAll(Enumerable.Range(0, Callers).Select(async caller =>
        {
            var random = new Random(caller);
            var wallet = Cluster.FrontEnds[caller % Cluster.FrontEnds.Count];
            for (var i = 0; i < transfersEach / Callers; i++)
            {
                var from = random.Next(Accounts);
                var transfer = Ids.Transfer(
                    accounts[from], accounts[(from + random.Next(1, Accounts)) % Accounts], random.Next(1, 300));
                var outcome = await wallet.TransferAsync(transfer);
                answered.Add(transfer, outcome);
                if (outcome.Sequence > 0) Interlocked.Exchange(ref newest, outcome.Sequence);
            }
        }));
        // Nobody gives up while the others go on, so that a failure is seen at the end.
        var readers = Enumerable.Range(0, 3).Select(async reader =>
        {
            while (!moving.IsCompleted)
                await read(accounts, () => Interlocked.Read(ref newest) is > 0 and var known ? known : null, reader);
        });
        await Task.WhenAll([moving, .. readers]);
        await answered.CheckAsync(Cluster.Wallet);
        output.WriteLine($"{answered.Count} transfers, {answered.Moved} moved money");
    }
}
