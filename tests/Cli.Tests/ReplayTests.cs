using System.Globalization;
using OrleansWallet.Embedded.Audit;
using OrleansWallet.Ledger;

namespace OrleansWallet.Cli.Tests;

public sealed class ReplayTests : IDisposable
{
    private const string TimeFormat = "yyyy-MM-dd'T'HH:mm:ss.ffffff'Z'";
    private readonly TemporaryDirectory temporary = new();

    private string Data => temporary.Sub("data");

    public void Dispose() => temporary.Dispose();

    [Fact]
    public async Task An_account_is_what_it_was_at_every_sequence()
    {
        string[] names = ["alice", "bob", "eve", JournalForge.Settlement.Value];
        var model = new LedgerModel(11);
        await model.MakeAsync(Data, 420);
        // The settlement accounts are opened first, all at one moment.
        var begin = model.Times.LastIndexOf(model.Times[1]) - 3;

        for (var sequence = begin; sequence < model.After.Count; sequence++)
        {
            var name = names[sequence % names.Length];
            var replayed = AccountReplay.Run(Data, AccountId.Parse(name), AsOf.AfterSequence(sequence));

            Assert.Equal(sequence, replayed.LastSequence);
            var isKnown = model.After[sequence].TryGetValue(name, out var expected);
            Assert.Equal(isKnown || name == names[3], replayed.Account is not null);
            if (replayed.Account is not { } account) continue;
            Assert.Equal(expected.Balance, account.Balance.MinorUnits);
            Assert.Equal(expected.Version, account.Version);
            Assert.Equal(expected.IsFrozen, account.IsFrozen);
            // The model sees settlement:USD only from its first entry on.
            if (expected.ChangedBy == 0) continue;
            Assert.Equal(expected.ChangedBy, replayed.ChangedBySequence);
            Assert.Equal(expected.At, account.UpdatedAt);
        }
    }

    [Fact]
    public async Task An_account_is_what_it_was_at_every_time()
    {
        var model = new LedgerModel(12);
        await model.MakeAsync(Data, 350);

        foreach (var time in model.Times.Skip(1).Distinct())
        {
            var last = model.Times.LastIndexOf(time);
            var replayed = AccountReplay.Run(Data, AccountId.Parse("bob"), AsOf.At(time));

            Assert.Equal(last, replayed.LastSequence);
            Assert.Equal(
                model.After[last].TryGetValue("bob", out var expected) ? expected.Balance : null,
                replayed.Account?.Balance.MinorUnits);
        }
    }

    [Fact]
    public async Task Neither_snapshots_nor_the_index_are_needed()
    {
        var model = new LedgerModel(13);
        await model.MakeAsync(Data, 800);
        Directory.Delete(Path.Combine(Data, "snapshots"), recursive: true);
        Directory.Delete(Path.Combine(Data, "index"), recursive: true);

        var result = await CommandLine.RunAsync("replay", Data, "--account", "alice");

        Assert.Equal(ExitCode.Good, result.ExitCode);
        var expected = model.After[^1]["alice"];
        Assert.Equal(new Money(expected.Balance, JournalForge.Usd).ToString(), result["balance"]);
        Assert.Equal($"{expected.Version}", result["version"]);
        Assert.Equal(expected.IsFrozen ? "frozen" : "open", result["status"]);
        Assert.Equal(
            $"event {expected.ChangedBy} of {expected.At.ToString(TimeFormat, CultureInfo.InvariantCulture)}",
            result["changed"]);
    }

    [Fact]
    public async Task Its_entries_lead_to_its_balance()
    {
        await new LedgerModel(14).MakeAsync(Data, 800);

        var result = await CommandLine.RunAsync("replay", Data, "--account", "carol", "--entries", "--sequence", "700");

        var entries = result.Output.Split('\n').Where(line => line.Contains('\t')).Select(line => line.Split(
            '\t')).ToArray();
        Assert.Equal(result["version"], $"{entries.Length}");
        var balance = 0m;
        foreach (var entry in entries)
        {
            var amount = decimal.Parse(entry[4].Split(' ')[0], CultureInfo.InvariantCulture);
            balance += entry[3] == "debit" ? -amount : amount;
            Assert.Equal(balance, decimal.Parse(entry[5].Split(' ')[0], CultureInfo.InvariantCulture));
        }
        Assert.Equal($"{balance.ToString("0.00", CultureInfo.InvariantCulture)} USD", result["balance"]);
    }

    [Fact]
    public async Task Damage_after_the_moment_asked_for_does_not_matter()
    {
        var model = new LedgerModel(15);
        await model.MakeAsync(Data, 900);
        var last = Directory.GetFiles(Path.Combine(Data, "journal")).Order(StringComparer.Ordinal).Last();
        var bytes = await File.ReadAllBytesAsync(last);
        bytes[^90] ^= 4;
        await File.WriteAllBytesAsync(last, bytes);

        var early = await CommandLine.RunAsync("replay", Data, "--account", "bob", "--sequence", "500");
        var late = await CommandLine.RunAsync("replay", Data, "--account", "bob");

        Assert.Equal(ExitCode.Good, early.ExitCode);
        Assert.Equal(ExitCode.Bad, late.ExitCode);
        Assert.Contains(Path.GetFileName(last), late.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_account_or_a_moment_that_is_not_there_has_an_exit_code_of_its_own()
    {
        var ledger = await new LedgerModel(16).MakeAsync(Data, 300);

        Assert.Equal(ExitCode.NotFound, (await CommandLine.RunAsync("replay", Data, "--account", "nobody")).ExitCode);
        Assert.Equal(ExitCode.NotFound, (await CommandLine.RunAsync("replay", Data, "--account", "alice", "--sequence",
            "0")).ExitCode);
        Assert.Equal(ExitCode.NotFound, (await CommandLine.RunAsync(
            "replay", Data, "--account", "alice", "--sequence", $"{ledger.Sequence + 1}")).ExitCode);
        Assert.Equal(ExitCode.NotFound, (await CommandLine.RunAsync(
            "replay", Data, "--account", "alice", "--at", "2020-01-01T00:00:00Z")).ExitCode);
        Assert.Equal(ExitCode.Unreachable, (await CommandLine.RunAsync("replay", temporary.Sub("no"), "--account",
            "a")).ExitCode);
    }
}
