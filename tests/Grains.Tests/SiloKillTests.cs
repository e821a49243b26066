using System.Diagnostics;
using OrleansWallet.Grains.Tests.Support;
using OrleansWallet.Ledger;
using Xunit.Abstractions;

namespace OrleansWallet.Grains.Tests;

/// <summary>A silo is killed in the middle of its work, and a new one comes.</summary>
public sealed class SiloKillTests(ITestOutputHelper output)
{
    private const int Accounts = 8;
    private const long Start = 10_000;
    private const int Callers = 8;

    [Fact]
    public async Task Nothing_that_was_answered_is_lost_or_doubled()
    {
        await using var cluster = await WalletCluster.StartAsync();
        await RunAsync(cluster);
    }

    [PostgresFact]
    public async Task Nothing_that_was_answered_is_lost_or_doubled_on_PostgreSQL()
    {
        await using var server = await Testing.PrivatePostgres.StartAsync();
        await using var cluster = await WalletCluster.StartAsync(
            new TestSettings { Postgres = await server.CreateDatabaseAsync() });
        await RunAsync(cluster);
    }

    private async Task RunAsync(WalletCluster cluster)
    {
        var accounts = await Ids.FundAsync(cluster.Wallet, Accounts, Start);
        var answered = new Answered(accounts, Start);
        var wallet = cluster.Wallet;
        var underWay = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var killed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var clock = Stopwatch.StartNew();
        var (killedAt, firstAfter, slowest) = (TimeSpan.MaxValue, TimeSpan.Zero, TimeSpan.Zero);
        var after = 0;
        var callers = Enumerable.Range(0, Callers).Select(async caller =>
        {
            var random = new Random(caller);
            // Until there is a new silo, and some more.
            for (var left = 25; left > 0; left -= killed.Task.IsCompleted ? 1 : 0)
            {
                var from = random.Next(Accounts);
                var transfer = Ids.Transfer(
                    accounts[from], accounts[(from + random.Next(1, Accounts)) % Accounts], random.Next(1, 100));
                var began = clock.Elapsed;
                var outcome = await wallet.TransferAsync(transfer);
                answered.Add(transfer, outcome);
                if (answered.Count >= 100) underWay.TrySetResult();
                lock (killed)
                {
                    slowest = clock.Elapsed - began > slowest ? clock.Elapsed - began : slowest;
                    if (began < killedAt || outcome.Rejection != Rejection.None) continue;
                    if (after++ == 0) firstAfter = clock.Elapsed - killedAt;
                }
            }
        }).ToArray();
        await underWay.Task;
        lock (killed) killedAt = clock.Elapsed;
        await cluster.KillAsync(cluster.Cluster.Silos[1]);
        await cluster.Cluster.StartAdditionalSiloAsync();
        killed.SetResult();
        await Task.WhenAll(callers);
        var loadEnded = clock.Elapsed;

        var unavailable = answered.CountOf(Rejection.Unavailable);
        await answered.SettleAsync(wallet);
        output.WriteLine(
            $"{answered.Count} transfers, killed at {killedAt.TotalSeconds:0.0} s; the first success that began after "
            + $"it came {firstAfter.TotalSeconds:0.0} s later, {after} in all; {unavailable} unavailable at first; the "
            + $"slowest answer took {slowest.TotalSeconds:0.0} s; all over at {loadEnded.TotalSeconds:0.0} s, settled "
            + $"at {clock.Elapsed.TotalSeconds:0.0} s");
        // As long as a caller is told it may take, and what a busy machine adds.
        Assert.InRange(slowest, TimeSpan.Zero, TimeSpan.FromSeconds(45));
        foreach (var (transfer, outcome) in answered.All)
            Assert.Equal(outcome with { Replayed = true }, await wallet.TransferAsync(transfer));
        await answered.CheckAsync(wallet);
    }
}
