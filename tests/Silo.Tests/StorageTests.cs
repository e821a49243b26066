using System.Diagnostics;
using System.Net;
using OrleansWallet.Testing;
using Xunit.Abstractions;

namespace OrleansWallet.Silo.Tests;

/// <summary>One silo on the bad days of its database: the answers are clear and in time, and nothing is lost.</summary>
public sealed class StorageTests(ITestOutputHelper output)
{
    private const int Accounts = 10;
    private const int Transfers = 20;

    // The queue's 10 seconds, 10 of trying and the last try's 8; three more for a machine with much else to do.
    private static readonly TimeSpan WaitMax = TimeSpan.FromSeconds(10 + 10 + 8 + 3);

    private const int AttemptsMax = 5;

    [PostgresFact]
    public Task While_PostgreSQL_is_stopped_the_answer_is_unavailable_and_afterwards_it_serves_by_itself() =>
        WalletCluster.UseAsync(output, async cluster =>
        {
            var silo = cluster.Start("both");
            using var wallet = new FrontEnd(await silo.ReadyAsync());
            var books = new Books(Accounts);
            await books.OpenAsync(wallet);

            await cluster.Postgres.StopAsync();
            var why = await silo.WaitForReadinessAsync(HttpStatusCode.ServiceUnavailable);
            Assert.Contains("store can't be written", why);
            var sent = await SendAsync(wallet, books, isDown: true);
            Assert.Equal(HttpStatusCode.OK, (await wallet.AskAsync("/healthz")).Status);

            await cluster.Postgres.StartAgainAsync();
            await silo.ReadyAsync();
            await SendAgainAsync(wallet, sent);
            await books.CheckAsync(wallet);
        });

    [PostgresFact]
    public Task While_PostgreSQL_is_read_only_the_answer_is_unavailable_and_afterwards_it_serves_by_itself() =>
        WalletCluster.UseAsync(output, async cluster =>
        {
            var silo = cluster.Start("both");
            using var wallet = new FrontEnd(await silo.ReadyAsync());
            var books = new Books(Accounts);
            await books.OpenAsync(wallet);

            await SetReadOnlyAsync(cluster.Postgres, true);
            var why = await silo.WaitForReadinessAsync(HttpStatusCode.ServiceUnavailable);
            Assert.Contains("store can't be written", why);
            var sent = await SendAsync(wallet, books, isDown: true);

            await SetReadOnlyAsync(cluster.Postgres, false);
            await silo.ReadyAsync();
            await SendAgainAsync(wallet, sent);
            await books.CheckAsync(wallet);
        });

    [PostgresFact]
    public Task While_PostgreSQL_hangs_each_caller_is_answered_in_time_and_nothing_is_lost() =>
        WalletCluster.UseAsync(output, async cluster =>
        {
            var silo = cluster.Start("both");
            using var wallet = new FrontEnd(await silo.ReadyAsync());
            var books = new Books(Accounts);
            await books.OpenAsync(wallet);

            Task<SentTransfer[]> underWay;
            using (await FrozenPostgres.FreezeAsync(cluster.Postgres))
            {
                underWay = SendAsync(wallet, books);
                await silo.WaitForReadinessAsync(HttpStatusCode.ServiceUnavailable);
            }
            var sent = await underWay;
            await silo.ReadyAsync();
            await SendAgainAsync(wallet, sent);
            await books.CheckAsync(wallet);
        });

    // Whoever waited in vain for others of the same account hears that too much waits; nothing was done for either.
    private static async Task<SentTransfer[]> SendAsync(FrontEnd wallet, Books books, bool isDown = false)
    {
        var random = new Random();
        var sent = Enumerable.Range(0, Transfers).Select(_ => books.Draw(random)).ToArray();
        books.Add(sent);
        var endings = await Task.WhenAll(sent.Select(async transfer =>
        {
            var began = Stopwatch.GetTimestamp();
            var ending = await wallet.SendAsync(transfer);
            Assert.InRange(Stopwatch.GetElapsedTime(began), TimeSpan.Zero, WaitMax);
            return ending;
        }));
        Assert.DoesNotContain(Ending.Broken, endings);
        if (!isDown) return sent;
        Assert.Contains(Ending.Unavailable, endings);
        Assert.DoesNotContain(Ending.Served, endings);
        return sent;
    }

    // What was under way when the database went may take some seconds more to be decided; then it is, by itself.
    private static async Task SendAgainAsync(FrontEnd wallet, SentTransfer[] sent)
    {
        foreach (var transfer in sent)
        {
            var ending = Ending.Unavailable;
            for (var attempt = 0; ending == Ending.Unavailable && attempt < AttemptsMax; attempt++)
                ending = await wallet.SendAsync(transfer);
            Assert.Equal(Ending.Served, ending);
        }
    }

    private static async Task SetReadOnlyAsync(PrivatePostgres postgres, bool on)
    {
        // The statement that ends it needs leave to write, like any other.
        await postgres.ExecuteAsync($"ALTER SYSTEM SET default_transaction_read_only = {(on ? "on" : "off")}");
        await postgres.ExecuteAsync("SELECT pg_reload_conf()");
    }
}
