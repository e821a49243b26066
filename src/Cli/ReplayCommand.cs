using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using OrleansWallet.Embedded.Audit;
using OrleansWallet.Ledger;

namespace OrleansWallet.Cli;

/// <summary><c>wallet replay</c>: derives one account again, as it stood at any moment.</summary>
internal static class ReplayCommand
{
    private const string TimeFormat = "yyyy-MM-dd'T'HH:mm:ss.ffffff'Z'";
    private const string Help =
        """
        Derive one account again from the first event, as it stood at the end or at an earlier moment.

        It adds and subtracts from the first event on, and uses no snapshot, no index, and no link between records; the
        balances in the records are only compared with. It only reads, and may run beside the wallet.

        Exit codes: 0 done, 1 the journal is damaged before that moment, 2 usage, 3 the directory can't be read or is
        no wallet's, 4 the account was not opened by then or the ledger has not come there yet, 130 interrupted.
        """;

    /// <summary>The command.</summary>
    public static Command Create()
    {
        var directory = new Argument<string>("DIR") { Description = "The data directory (Wallet:DataDirectory)." };
        var account = new Option<AccountId>("--account")
        {
            Description = "The account's id; settlement:USD and so on are accounts too.",
            Required = true,
            CustomParser = result =>
            {
                if (!AccountId.TryParse(result.Tokens[0].Value, out var id))
                    result.AddError($"'{result.Tokens[0].Value}' is no account id: 1 to 64 of A-Z a-z 0-9 . _ : "
                        + "and -.");
                return id;
            },
        };
        var at = new Option<DateTimeOffset?>("--at")
        {
            Description = "As of this time, RFC 3339 in UTC, such as 2026-05-01T12:00:00.123456Z: after all events "
                + "recorded then or before.",
            CustomParser = result =>
            {
                if (TryParseTime(result.Tokens[0].Value, out var time)) return time;
                result.AddError($"'{result.Tokens[0].Value}' is no time; write it like 2026-05-01T12:00:00Z.");
                return null;
            },
        };
        var sequence = new Option<long?>("--sequence")
        {
            Description = "As of this event: after the event of that number.",
        };
        sequence.Validators.Add(result =>
        {
            if (result.Tokens.Count == 1 && long.TryParse(result.Tokens[0].Value, out var number) && number < 0)
                result.AddError("--sequence takes a number of 0 or more.");
        });
        var entries = new Option<bool>("--entries") { Description = "Print the account's entries too, oldest first." };
        var command = new Command("replay", Help) { directory, account, at, sequence, entries };
        command.Validators.Add(result =>
        {
            if (result.GetResult(at) is not null && result.GetResult(sequence) is not null)
                result.AddError("Give --at or --sequence, not both.");
        });
        command.SetAction((parsed, cancel) => RunAsync(
            parsed.GetRequiredValue(directory), parsed.GetRequiredValue(account),
            parsed.GetValue(at) is { } time ? AsOf.At(time)
                : parsed.GetValue(sequence) is { } number ? AsOf.AfterSequence(number) : AsOf.Now,
            parsed.GetValue(entries), parsed.InvocationConfiguration.Output, parsed.InvocationConfiguration.Error,
                cancel));
        return command;
    }

    private static async Task<int> RunAsync(
        string directory, AccountId id, AsOf asOf, bool withEntries, TextWriter output, TextWriter error,
        CancellationToken cancel)
    {
        var clock = Stopwatch.StartNew();
        Action<EntryView>? entry = withEntries ? view => output.WriteLine(LineOf(view)) : null;
        var replayed = await ProgressDisplay.RunAsync(error, "Replaying", show => Task.Run(
            () => AccountReplay.Run(directory, id, asOf, entry, at => VerifyCommand.Show(at, clock, show), cancel),
            CancellationToken.None));
        if (replayed.Fault is { } fault)
        {
            await error.WriteLineAsync(fault);
            return ExitCode.Bad;
        }
        if (Missing(replayed, id, asOf) is { } missing)
        {
            await error.WriteLineAsync(missing);
            return ExitCode.NotFound;
        }
        if (replayed.Account is { } account) Print(account, replayed, output);
        return ExitCode.Good;
    }

    private static string? Missing(AccountReplayed replayed, AccountId id, AsOf asOf)
    {
        var end = $"event {replayed.LastSequence}" + (replayed.LastAt is { } at ? $" of {Text(at)}" : "");
        if (asOf.Sequence > replayed.LastSequence) return $"The ledger ends at {end}, before event {asOf.Sequence}.";
        return replayed.Account is null ? $"There was no account {id} up to {end}." : null;
    }

    private static void Print(AccountView account, AccountReplayed replayed, TextWriter output)
    {
        output.WriteLine($"account     {account.Id}");
        output.WriteLine($"balance     {account.Balance}");
        output.WriteLine($"version     {account.Version.ToString(CultureInfo.InvariantCulture)}");
        output.WriteLine($"status      {(account.IsFrozen ? "frozen" : "open")}");
        output.WriteLine($"changed     event {replayed.ChangedBySequence} of {Text(account.UpdatedAt)}");
        if (replayed.LastAt is { } last) output.WriteLine($"as of       event {replayed.LastSequence} of {Text(last)}");
    }

    private static string LineOf(EntryView entry) =>
        $"{entry.Sequence}\t{Text(entry.RecordedAt)}\t{entry.TransactionId}\t"
        + $"{(entry.Direction == EntryDirection.Debit ? "debit" : "credit")}\t{entry.Amount}\t{entry.Balance}\t"
        + $"{entry.Counterparty}";

    private static string Text(DateTimeOffset time) => time.ToString(TimeFormat, CultureInfo.InvariantCulture);

    private static bool TryParseTime(string text, out DateTimeOffset time) =>
        DateTimeOffset.TryParse(
            text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal,
                out time)
        && text.Contains('T', StringComparison.Ordinal);
}
