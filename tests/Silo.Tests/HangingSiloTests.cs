using Npgsql;
using OrleansWallet.Testing;
using Xunit.Abstractions;

namespace OrleansWallet.Silo.Tests;

/// <summary>A silo that hangs until the others have declared it dead, and then wakes up.</summary>
public sealed class HangingSiloTests(ITestOutputHelper output)
{
    private const int Accounts = 20;
    private const int Callers = 16;
    private const int TransfersBetween = 10;
    private const int Dead = 6;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(90);

    [PostgresFact]
    public Task A_silo_that_wakes_up_after_its_death_ends_and_nothing_answered_is_lost_or_doubled() => HangAsync([]);

    [PostgresFact]
    public Task The_same_with_the_ledger_in_partitions() =>
        HangAsync(["--Wallet:Ledger=Partitions", "--Wallet:PartitionCount=16"]);

    private Task HangAsync(string[] everywhere) => WalletCluster.UseAsync(output, everywhere, async cluster =>
        {
            var silos = await cluster.StartSilosAsync(3);
            using var wallet = new FrontEnd(await cluster.Start("api").ReadyAsync());
            var books = new Books(Accounts);
            await books.OpenAsync(wallet);
            var load = Load.Start(books, Callers, Environment.TickCount, wallet);
            var report = new LoadReport();
            await load.ServedAsync(TransfersBetween);

            report.Happens("A silo hangs");
            silos[0].Signal("STOP");
            await Until.TrueAsync(
                async () => await CountAsync(cluster.Database, Dead) == 1, Patience, () => "Nobody declares it dead.");
            report.Happens("It is declared dead");
            await load.ServedAsync(TransfersBetween);
            report.Happens("It wakes up");
            silos[0].Signal("CONT");
            var (exitCode, _, _) = await silos[0].EndAsync();
            await load.ServedAsync(TransfersBetween);
            await load.EndAsync();

            foreach (var line in report.Lines(load)) output.WriteLine(line);
            output.WriteLine($"The silo ended with {exitCode}.");
            Assert.NotEqual(0, exitCode);
            await books.CheckAsync(wallet);
        });

    private static async Task<long> CountAsync(string database, int status)
    {
        await using var source = NpgsqlDataSource.Create(database);
        await using var command = source.CreateCommand(
            "SELECT count(*) FROM OrleansMembershipTable WHERE Status = $1");
        command.Parameters.Add(new NpgsqlParameter<int> { TypedValue = status });
        return await command.ExecuteScalarAsync() is long count ? count : 0;
    }
}
