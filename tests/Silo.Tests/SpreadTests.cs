using OrleansWallet.Testing;
using Xunit.Abstractions;

namespace OrleansWallet.Silo.Tests;

/// <summary>Where the partitions of a ledger are, as silos come.</summary>
public sealed class SpreadTests(ITestOutputHelper output)
{
    private const int Partitions = 16;
    private const string WorksHere = " works here.";
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(90);

    [PostgresFact]
    public Task A_silo_that_comes_gets_its_share_of_the_partitions_and_callers_keep_theirs() => WalletCluster.UseAsync(
        output,
        [
            "--Wallet:Ledger=Partitions", $"--Wallet:PartitionCount={Partitions}",
            "--Logging:LogLevel:OrleansWallet.Grains.PartitionGrain=Information",
        ],
        async cluster =>
        {
            var first = cluster.Start("silo");
            await first.ReadyAsync();
            using var frontEnd = new FrontEnd(await cluster.Start("api").ReadyAsync());
            await Until.TrueAsync(
                () => Task.FromResult(Here(first) == Partitions), Patience, () => $"{Here(first)} work in the only silo.");
            var books = new Books(20);
            await books.OpenAsync(frontEnd);
            var load = Load.Start(books, callers: 8, seed: 5, frontEnd);
            await load.ServedAsync(5);

            var second = cluster.Start("silo");
            await second.ReadyAsync();
            // What the first silo had belongs to the second by a toss of a coin each.
            await Until.TrueAsync(
                () => Task.FromResult(Here(second) > 0), Patience, () => "No partition came to the second silo.");
            await load.ServedAsync(5);
            await load.EndAsync();
            await books.CheckAsync(frontEnd);
            output.WriteLine($"{Here(second)} of {Partitions} partitions moved to the silo that came.");
            Assert.InRange(Here(second), 1, Partitions - 1);
            // Each moved once at most, and none came back.
            Assert.Equal(Partitions, Here(first));
        });

    private static int Here(SiloProcess silo) =>
        silo.Log.Count(line => line.Contains(WorksHere, StringComparison.Ordinal));
}
