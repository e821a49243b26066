using System.Diagnostics;
using System.Net;
using OrleansWallet.Testing;
using Xunit.Abstractions;

namespace OrleansWallet.Silo.Tests;

/// <summary>A front end by itself.</summary>
public sealed class FrontEndTests(ITestOutputHelper output)
{
    private static readonly TimeSpan WaitMax = TimeSpan.FromSeconds(10 + 10 + 8 + 3);

    [PostgresFact]
    public Task Without_any_silo_it_says_so_and_it_serves_when_one_appears() =>
        WalletCluster.UseAsync(output, async cluster =>
        {
            var process = cluster.Start("api");
            using var wallet = new FrontEnd(await process.AddressAsync());
            var refused = new SentTransfer(0, 1, 100);

            Assert.Equal(HttpStatusCode.OK, (await wallet.AskAsync("/healthz")).Status);
            var (status, text) = await wallet.AskAsync("/readyz");
            Assert.Equal(HttpStatusCode.ServiceUnavailable, status);
            Assert.Contains("\"unavailable\"", text);
            var began = Stopwatch.GetTimestamp();
            Assert.Equal(Ending.Unavailable, await wallet.SendAsync(refused));
            Assert.InRange(Stopwatch.GetElapsedTime(began), TimeSpan.Zero, WaitMax);

            await cluster.StartSilosAsync(1);
            await process.ReadyAsync();
            var books = new Books(2);
            await books.OpenAsync(wallet);
            Assert.Equal(Ending.Served, await wallet.SendAsync(refused));
            books.Add([refused]);
            await books.CheckAsync(wallet);
        });

    [PostgresFact]
    public Task Without_the_database_it_says_so_and_it_serves_when_database_and_silo_are_there() =>
        WalletCluster.UseAsync(output, async cluster =>
        {
            await cluster.Postgres.StopAsync();
            var process = cluster.Start("api");
            using var wallet = new FrontEnd(await process.AddressAsync());
            Assert.Equal(HttpStatusCode.OK, (await wallet.AskAsync("/healthz")).Status);
            Assert.Equal(HttpStatusCode.ServiceUnavailable, (await wallet.AskAsync("/readyz")).Status);
            Assert.Equal(Ending.Unavailable, await wallet.SendAsync(new SentTransfer(0, 1, 100)));

            await cluster.Postgres.StartAgainAsync();
            await cluster.StartSilosAsync(1);
            await process.ReadyAsync();
            var books = new Books(2);
            await books.OpenAsync(wallet);
            await books.CheckAsync(wallet);
        });

    [PostgresFact]
    public Task When_its_only_silo_dies_it_says_so_and_it_serves_when_another_appears() =>
        WalletCluster.UseAsync(output, async cluster =>
        {
            var silo = (await cluster.StartSilosAsync(1))[0];
            var process = cluster.Start("api");
            using var wallet = new FrontEnd(await process.ReadyAsync());
            var books = new Books(2);
            await books.OpenAsync(wallet);

            await silo.KillAsync();
            await process.WaitForReadinessAsync(HttpStatusCode.ServiceUnavailable);
            var refused = new SentTransfer(0, 1, 100);
            var began = Stopwatch.GetTimestamp();
            Assert.Equal(Ending.Unavailable, await wallet.SendAsync(refused));
            Assert.InRange(Stopwatch.GetElapsedTime(began), TimeSpan.Zero, WaitMax);

            await cluster.StartSilosAsync(1);
            await process.ReadyAsync();
            while (await wallet.SendAsync(refused) != Ending.Served)
                Assert.InRange(Stopwatch.GetElapsedTime(began), TimeSpan.Zero, 3 * WaitMax);
            books.Add([refused]);
            await books.CheckAsync(wallet);
        });
}
