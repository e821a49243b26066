using System.CommandLine;
using OrleansWallet.Ledger;

namespace OrleansWallet.Cli.Load;

/// <summary><c>wallet load</c>: sends transfers over HTTP, measures, and checks that no money came or went.</summary>
internal static class LoadCommand
{
    private const string Help =
        """
        Send transfers over HTTP, measure them, and check afterwards that the ledger agrees.

        It opens accounts, funds them from the settlement account (the key needs the scopes transfer, read and
        treasury), sends transfers, and prints throughput, latencies and outcomes. A request without an answer, or one
        answered as overloaded, is sent again with the same transaction ids. Afterwards the totals must be zero, the
        number of transfers must have grown by exactly those answered as done, and a sample of balances must be what
        follows from the answers. Nobody else should send transfers meanwhile.

        All of it follows from --seed: a second run with the same seed sends the same transfers again, which must all
        come back as replayed. Ctrl-C ends the load and still checks.

        Exit codes: 0 all is right, 1 a check failed, 2 usage, 3 the server can't be reached, 130 interrupted before
        the first transfer.
        """;

    private static readonly Option<Uri> Url = new("--url")
    {
        Description = "Where the wallet listens.",
        DefaultValueFactory = _ => new Uri("http://127.0.0.1:5080"),
        CustomParser = result =>
        {
            if (Uri.TryCreate(result.Tokens[0].Value, UriKind.Absolute, out var url) && url.Scheme is "http" or "https")
                return url;
            result.AddError($"'{result.Tokens[0].Value}' is no address; write it like http://127.0.0.1:5080.");
            return null;
        },
    };

    private static readonly Option<string?> Key = new("--key") { Description = "The API key; none for a server "
        + "without keys." };

    private static readonly Option<int> Accounts = Number("--accounts", 1000, 2, 100_000_000, "How many accounts "
        + "to open and use.");

    private static readonly Option<long?> Transfers = new("--transfers")
    {
        Description = "How many transfers to send; 10,000 if --seconds isn't given either.",
        Validators = { result => IsAbove(result, "--transfers") },
    };

    private static readonly Option<double?> Seconds = new("--seconds")
    {
        Description = "How long to send transfers.",
        Validators = { result => IsAbove(result, "--seconds") },
    };

    private static readonly Option<int> Connections = Number(
        "--connections", 32, 1, 20_000, "How many connections, each with one request at a time.");

    private static readonly Option<int> Batch = Number(
        "--batch", 1, 1, IWallet.TransfersMax, "How many transfers go in a request; 1 sends them one by one.");

    private static readonly Option<bool> NdJson = new("--ndjson") { Description = "Send batches as lines instead "
        + "of an array." };

    private static readonly Option<Currency> CurrencyOption = new("--currency")
    {
        Description = "The currency of all accounts, an ISO 4217 code.",
        DefaultValueFactory = _ => Currency.Parse("USD"),
        CustomParser = result =>
        {
            if (!Currency.TryParse(result.Tokens[0].Value, out var currency))
                result.AddError($"'{result.Tokens[0].Value}' is no active ISO 4217 code in capitals.");
            return currency;
        },
    };

    private static readonly Option<string> Fund = new("--fund")
    {
        Description = "What each account is given, in the currency's major unit.",
        DefaultValueFactory = _ => "1000000",
    };

    private static readonly Option<Spread> SpreadOption = new("--spread")
    {
        Description = "How accounts are chosen: each as often as any other, by Zipf's law, or always of ten.",
        DefaultValueFactory = _ => Spread.Uniform,
    };

    private static readonly Option<uint?> Seed = new("--seed") { Description = "What all ids and choices follow "
        + "from; by chance if not given." };

    private static readonly Option<int> Patience = Number(
        "--patience", 60, 1, 86_400, "How many seconds one request is tried again before the load is given up.");

    /// <summary>The command.</summary>
    public static Command Create()
    {
        var command = new Command("load", Help)
        {
            Url, Key, Accounts, Transfers, Seconds, Connections, Batch, NdJson, CurrencyOption, Fund, SpreadOption,
                Seed,
            Patience,
        };
        command.SetAction((parsed, cancel) => RunAsync(
            () => SettingsOf(parsed), parsed.InvocationConfiguration.Output, parsed.InvocationConfiguration.Error,
                cancel));
        return command;
    }

    private static async Task<int> RunAsync(
        Func<LoadSettings> settings, TextWriter output, TextWriter error, CancellationToken cancel)
    {
        try
        {
            using var run = new LoadRun(settings(), output, error, cancel);
            return await run.RunAsync();
        }
        catch (LoadException e)
        {
            await error.WriteLineAsync(e.Message);
            return e.ExitCode;
        }
    }

    private static LoadSettings SettingsOf(ParseResult parsed)
    {
        var seconds = parsed.GetValue(Seconds);
        var currency = parsed.GetValue(CurrencyOption);
        var fault = Money.Check(parsed.GetRequiredValue(Fund), currency, out var fund);
        if (fault != AmountFault.None) throw new LoadException($"--fund: {fault.Explain(currency)}", ExitCode.Usage);
        return new LoadSettings
        {
            Url = parsed.GetRequiredValue(Url),
            Key = parsed.GetValue(Key),
            Accounts = parsed.GetValue(Accounts),
            Transfers = parsed.GetValue(Transfers) ?? (seconds is null ? 10_000 : long.MaxValue / 2),
            Duration = seconds is { } some ? TimeSpan.FromSeconds(some) : TimeSpan.MaxValue,
            Connections = parsed.GetValue(Connections),
            Batch = parsed.GetValue(Batch),
            AsLines = parsed.GetValue(NdJson),
            Currency = currency,
            FundMinorUnits = fund.MinorUnits,
            Spread = parsed.GetValue(SpreadOption),
            Seed = parsed.GetValue(Seed) ?? (uint)Random.Shared.NextInt64(uint.MaxValue),
            Patience = TimeSpan.FromSeconds(parsed.GetValue(Patience)),
        };
    }

    private static void IsAbove(System.CommandLine.Parsing.OptionResult result, string name)
    {
        if (result.Tokens.Count == 1 && double.TryParse(result.Tokens[0].Value, out var number) && number <= 0)
            result.AddError($"{name} takes a number above 0.");
    }

    private static Option<int> Number(string name, int otherwise, int min, int max, string description)
    {
        var option = new Option<int>(name) { Description = description, DefaultValueFactory = _ => otherwise };
        option.Validators.Add(result =>
        {
            if (result.Tokens.Count == 1 && int.TryParse(result.Tokens[0].Value, out var number)
                && (number < min || number > max))
                result.AddError($"{name} takes {min} to {max}.");
        });
        return option;
    }
}
