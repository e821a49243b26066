using OrleansWallet.Testing;
using Xunit.Abstractions;

namespace OrleansWallet.Silo.Tests;

/// <summary>
/// Three silos and two front ends over one PostgreSQL, real processes under load, while processes die and come. After
/// all of it: nothing answered is lost, nothing is done twice or by half, and every id is answered the same again.
/// </summary>
public sealed class ChangingClusterTests(ITestOutputHelper output)
{
    private const int Accounts = 40;
    private const int Callers = 32;
    private const int TransfersBetween = 15;

    // The queue's 10 seconds, 10 of trying and the last try's 8; three more for a machine with much else to do.
    private static readonly TimeSpan WaitMax = TimeSpan.FromSeconds(10 + 10 + 8 + 3);

    [PostgresFact]
    public Task Silos_front_ends_and_the_database_may_go_and_come_and_nothing_answered_is_lost_or_doubled() =>
        ChangeAsync([]);

    [PostgresFact]
    public Task The_same_with_the_ledger_in_partitions_and_TCC() => ChangeAsync(Partitions("Tcc"));

    [PostgresFact]
    public Task The_same_with_the_ledger_in_partitions_and_sagas() => ChangeAsync(Partitions("Saga"));

    private static string[] Partitions(string protocol) =>
        ["--Wallet:Ledger=Partitions", "--Wallet:PartitionCount=16", $"--Wallet:Protocol={protocol}"];

    private Task ChangeAsync(string[] everywhere) => WalletCluster.UseAsync(output, everywhere, async cluster =>
        {
            var seed = Environment.TickCount;
            output.WriteLine($"Seed {seed}.");
            var silos = await cluster.StartSilosAsync(3);
            var (first, second) = (cluster.Start("api"), cluster.Start("api"));
            using var one = new FrontEnd(await first.ReadyAsync());
            using var other = new FrontEnd(await second.ReadyAsync());
            var books = new Books(Accounts);
            await books.OpenAsync(one);
            var load = Load.Start(books, Callers, seed, one, other);
            var report = new LoadReport();
            await load.ServedAsync(TransfersBetween);

            report.Happens("Nothing");
            await load.ServedAsync(TransfersBetween);
            report.Happens("A silo killed");
            await silos[0].KillAsync();
            await load.ServedAsync(TransfersBetween);
            report.Happens("A silo stopped in order");
            await silos[1].StopAsync();
            await load.ServedAsync(TransfersBetween);
            report.Happens("A silo added");
            await cluster.StartSilosAsync(1);
            await load.ServedAsync(TransfersBetween);
            report.Happens("PostgreSQL restarted at once");
            await cluster.Postgres.RestartAsync(immediate: true);
            await load.ServedAsync(TransfersBetween);
            report.Happens("A front end killed");
            await first.KillAsync();
            await load.ServedAsync(TransfersBetween);
            await load.EndAsync();

            foreach (var line in report.Lines(load)) output.WriteLine(line);
            await books.CheckAsync(other);
            var successes = books.All.Count(sent => sent.Answer == "success");
            output.WriteLine($"{books.All.Count} transfers, {successes} succeeded, the others were refused for good.");
            Assert.All(load.Attempts, attempt => Assert.InRange(attempt.Wait, TimeSpan.Zero, WaitMax));
        });
}
