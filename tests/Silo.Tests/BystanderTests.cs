using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;
using OrleansWallet.Ledger;
using OrleansWallet.Testing;
using Xunit.Abstractions;

namespace OrleansWallet.Silo.Tests;

/// <summary>
/// Three silos share the partitions, and one of them is lost. What its partitions have no part in goes on meanwhile:
/// they hold neither of the accounts, nor the home of the transaction id.
/// </summary>
public sealed partial class BystanderTests(ITestOutputHelper output)
{
    private const int Partitions = 24;
    private const int Accounts = 96;
    private const int CallersOfAKind = 8;
    private const int TransfersBetween = 10;
    // A transfer takes some hundredths of a second; what hangs is away for several.
    private const int ServedMeanwhile = 2;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(90);
    private static readonly TimeSpan Quiet = TimeSpan.FromSeconds(4);

    // They are back after a second or two: who waited meanwhile can't be told from whom a busy machine kept waiting.
    [PostgresFact]
    public Task After_a_silo_was_killed_all_are_served() => LoseAsync("Killed", servedMeanwhile: 0, async silo =>
    {
        await silo.KillAsync();
        return () => Task.CompletedTask;
    });

    [PostgresFact]
    public Task While_a_hanging_silos_partitions_are_away_the_others_go_on() =>
        LoseAsync("Hanging", ServedMeanwhile, silo =>
        {
            silo.Signal("STOP");
            return Task.FromResult(async () =>
            {
                silo.Signal("CONT");
                await silo.EndAsync();
            });
        });

    private Task LoseAsync(
        string what, int servedMeanwhile, Func<SiloProcess, Task<Func<Task>>> lose) => WalletCluster.UseAsync(
        output,
        [
            "--Wallet:Ledger=Partitions", $"--Wallet:PartitionCount={Partitions}",
            "--Logging:LogLevel:OrleansWallet.Grains.PartitionGrain=Information",
        ],
        async cluster =>
        {
            var silos = await cluster.StartSilosAsync(3);
            using var wallet = new FrontEnd(await cluster.Start("api").ReadyAsync());
            var books = new Books(Accounts);
            await books.OpenAsync(wallet);
            await SpreadOutAsync(silos);
            var lost = PartitionsOf(silos[0], silos);
            output.WriteLine($"{lost.Count} of {Partitions} partitions are lost for a while.");
            var load = Load.Start(
                books, (int)Kind.Count * CallersOfAKind, Environment.TickCount,
                (caller, random) => Draw(books, (Kind)(caller / CallersOfAKind), lost, random), wallet);
            var report = new LoadReport();
            await load.ServedAsync(TransfersBetween);

            report.Happens(what);
            var began = Stopwatch.GetTimestamp();
            var end = await lose(silos[0]);
            await load.ServedAsync(TransfersBetween);
            await end();
            await load.EndAsync();

            for (var kind = Kind.Bystander; kind < Kind.Count; kind++)
                foreach (var line in report.Lines(load, (int)kind * CallersOfAKind, CallersOfAKind))
                    output.WriteLine($"{kind}: {line}");
            await books.CheckAsync(wallet);
            var during = load.Attempts.Where(a => a.Ended >= began).ToLookup(KindOf);
            var longest = during[Kind.Theirs].MaxBy(a => a.Wait);
            foreach (var caller in during[Kind.Bystander].GroupBy(a => a.Caller))
            {
                var meanwhile = caller.Count(a =>
                    a.Ending == Ending.Served && a.Began >= longest.Began && a.Ended <= longest.Ended);
                Assert.True(
                    meanwhile >= servedMeanwhile, $"Caller {caller.Key}, who has no part in it, waited as well.");
            }
        });

    private enum Kind
    {
        /// <summary>Neither an account nor the id's home is lost.</summary>
        Bystander,
        /// <summary>No account is lost, and the home may be.</summary>
        AnyId,
        /// <summary>The payer is lost.</summary>
        Theirs,
        Count,
    }

    private static Kind KindOf(Attempt attempt) => (Kind)(attempt.Caller / CallersOfAKind);

    private static SentTransfer Draw(Books books, Kind kind, HashSet<int> lost, Random random)
    {
        while (true)
        {
            var drawn = books.Draw(random);
            var (payer, payee) = (IsLost(drawn.From), IsLost(drawn.To));
            var home = lost.Contains(Placement.HomeOf(new TransactionId(drawn.Id), Partitions));
            if (kind switch
                {
                    Kind.Bystander => !payer && !payee && !home,
                    Kind.AnyId => !payer && !payee,
                    _ => payer,
                }) return drawn;
        }

        bool IsLost(int account) =>
            lost.Contains(Placement.PartitionOf(AccountId.Parse(SentTransfer.Account(account)), Partitions));
    }

    // Those silos that come later get their share after some time.
    private static async Task SpreadOutAsync(SiloProcess[] silos)
    {
        var (last, since) = (-1, Stopwatch.GetTimestamp());
        await Until.TrueAsync(
            () =>
            {
                var moves = silos.Sum(silo => Taken(silo).Count());
                if (moves != last) (last, since) = (moves, Stopwatch.GetTimestamp());
                return Task.FromResult(
                    silos.All(silo => Taken(silo).Any()) && Stopwatch.GetElapsedTime(since) > Quiet);
            }, Patience, () => $"After {last} moves some silo has no partition.");
    }

    // A partition is where it was taken up last.
    private static HashSet<int> PartitionsOf(SiloProcess silo, SiloProcess[] silos) =>
    [
        .. silos.SelectMany(each => Taken(each).Select(taken => (taken.Number, taken.At, Silo: each)))
            .GroupBy(taken => taken.Number).Select(taken => taken.MaxBy(one => one.At))
            .Where(taken => taken.Silo == silo).Select(taken => taken.Number),
    ];

    private static IEnumerable<(int Number, string At)> Taken(SiloProcess silo) =>
        from line in silo.Log
        let match = WorksHere.Match(line)
        where match.Success
        select (int.Parse(match.Groups["number"].Value, CultureInfo.InvariantCulture), match.Groups["time"].Value);

    [GeneratedRegex("^(?<time>[^ ]+) .*Partition (?<number>[0-9]+) works here", RegexOptions.ExplicitCapture)]
    private static partial Regex WorksHere { get; }
}
