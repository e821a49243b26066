using System.Net;
using Xunit.Abstractions;

namespace OrleansWallet.Silo.Tests;

/// <summary>What <c>dotnet run --project src/Silo</c> starts: one silo over a SQLite file.</summary>
public sealed class LoneSiloTests(ITestOutputHelper output) : IDisposable
{
    private const int Accounts = 20;
    private const int Callers = 8;
    private const int Rounds = 5;
    private const int TransfersBetween = 10;

    private readonly DirectoryInfo directory = Directory.CreateTempSubdirectory("wallet-lone-");

    public void Dispose() => directory.Delete(recursive: true);

    [Fact]
    public async Task It_keeps_its_ledger_below_the_callers_directory_and_over_a_restart()
    {
        var books = new Books(2);
        await using (var first = SiloProcess.StartIn(directory.FullName))
        {
            using var wallet = new FrontEnd(await first.ReadyAsync());
            await books.OpenAsync(wallet);
            Assert.Equal(HttpStatusCode.OK, (await wallet.AskAsync("/openapi/v1.json")).Status);
            first.Signal("TERM");
            var (exitCode, told, errors) = await first.EndAsync();
            Assert.Equal((0, ""), (exitCode, errors));
            Assert.Contains(Path.Combine(directory.FullName, "data"), told);
            Assert.DoesNotContain("fail:", told);
        }
        await using var second = SiloProcess.StartIn(directory.FullName);
        using var again = new FrontEnd(await second.ReadyAsync());
        await books.CheckAsync(again);
    }

    [Fact]
    public async Task Killed_under_load_it_keeps_all_it_answered_and_nothing_by_half()
    {
        var seed = Environment.TickCount;
        output.WriteLine($"Seed {seed}, {Rounds} kills.");
        var books = new Books(Accounts);
        for (var round = 0; round < Rounds; round++)
        {
            await using var silo = SiloProcess.StartIn(directory.FullName);
            using var wallet = new FrontEnd(await silo.ReadyAsync());
            if (round == 0) await books.OpenAsync(wallet);
            var load = Load.Start(books, Callers, seed + round, wallet);
            await load.ServedAsync(TransfersBetween);
            await silo.KillAsync();
            await load.GiveUpAsync();
            // What was never answered may have been done or not; asked again, it has an outcome.
            await using var next = SiloProcess.StartIn(directory.FullName);
            using var after = new FrontEnd(await next.ReadyAsync());
            var unanswered = books.All.Where(sent => sent.Answer is null).ToList();
            var known = await after.SendAsync(unanswered);
            output.WriteLine($"{unanswered.Count} unanswered at the kill: {known.Count(done => done)} had been done.");
            await books.CheckAsync(after);
        }
        output.WriteLine($"{books.All.Count} transfers.");
    }
}
