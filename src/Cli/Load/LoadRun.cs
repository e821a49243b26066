namespace OrleansWallet.Cli.Load;

/// <summary>
/// A whole load: accounts, money, transfers, and then whether the ledger agrees with what was answered.
/// </summary>
internal sealed class LoadRun : IDisposable
{
    private const int BalancesChecked = 200;
    private static readonly TimeSpan AnswerWaitMax = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan ShowInterval = TimeSpan.FromMilliseconds(250);

    private readonly LoadSettings settings;
    private readonly TextWriter output;
    private readonly TextWriter error;
    private readonly CancellationToken stop;
    private readonly LoadPlan plan;
    private readonly LoadBooks books;
    private readonly HttpRequestText text;
    private readonly HttpCaller[] callers;
    private readonly LedgerReader reader;
    private readonly Timer watch;

    public LoadRun(LoadSettings settings, TextWriter output, TextWriter error, CancellationToken stop)
    {
        this.settings = settings;
        this.output = output;
        this.error = error;
        this.stop = stop;
        plan = new LoadPlan(settings);
        books = new LoadBooks(settings.Accounts);
        text = new HttpRequestText(settings.Url, settings.Key);
        callers = [.. Enumerable.Range(0, settings.Connections).Select(_ => new HttpCaller(settings, stop))];
        reader = new LedgerReader(text, callers[0]);
        watch = new Timer(_ =>
        {
            foreach (var caller in callers) caller.BreakIfStuck(AnswerWaitMax);
        });
        watch.Change(TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(1));
    }

    /// <summary>Runs it and gives the exit code.</summary>
    public async Task<int> RunAsync()
    {
        await SetUpAsync();
        var before = await reader.ReadLedgerAsync();
        books.BeginsAfterSequence = before.Sequence;
        var sampled = Sample();
        var balances = new Dictionary<int, long>();
        foreach (var number in sampled)
            balances[number] = await reader.ReadBalanceAsync(plan.AccountOf(number), settings.Currency);

        var (tally, elapsed, cpu, fault) = await SendAsync();
        var report = new LoadReport(settings, tally, elapsed, cpu);
        report.Print(output);
        if (fault is not null)
        {
            await error.WriteLineAsync($"The load was given up: {fault.Message}");
            return fault.ExitCode;
        }
        var faults = report.Faults().ToList();
        await CheckLedgerAsync(before, tally, faults);
        await CheckBalancesAsync(balances, faults);
        foreach (var wrong in faults) await error.WriteLineAsync(wrong);
        await output.WriteLineAsync($"verdict     {(faults.Count == 0 ? "good" : "WRONG")}");
        return faults.Count == 0 ? ExitCode.Good : ExitCode.Bad;
    }

    public void Dispose()
    {
        watch.Dispose();
        foreach (var caller in callers) caller.Dispose();
    }

    private async Task SetUpAsync()
    {
        var setup = new LoadSetup(settings, plan, text);
        await ShowAsync("Opening and funding accounts", () => (setup.Share, $"{settings.Accounts:N0} accounts"),
            async () =>
        {
            await Task.WhenAll(callers.Select(caller => Task.Run(() => setup.OpenAsync(caller, stop))));
            await Task.WhenAll(callers.Select(caller => Task.Run(() => setup.FundAsync(caller, stop))));
            return true;
        });
        books.IsFirstOfItsSeed = setup.Existed == 0;
    }

    private async Task<(LoadTally Tally, TimeSpan Elapsed, TimeSpan Cpu, LoadException? Fault)> SendAsync()
    {
        var clock = new LoadClock(settings, stop);
        var tallies = callers.Select(_ => new LoadTally()).ToArray();
        var (overloaded, resent) = (callers.Sum(c => c.Overloaded), callers.Sum(c => c.Resent));
        var cpuBefore = Environment.CpuUsage.TotalTime;
        LoadException? fault = null;
        await ShowAsync("Sending transfers", () => Progress(clock, tallies), async () =>
        {
            await Task.WhenAll(callers.Select((caller, i) => Task.Run(async () =>
            {
                try
                {
                    await new LoadWorker(settings, plan, books, clock, text, caller, tallies[i]).RunAsync();
                }
                catch (LoadException e)
                {
                    // The others finish what they have begun; then this is told, with what was counted.
                    fault = e;
                    clock.Stop();
                }
            })));
            return true;
        });
        var elapsed = clock.Elapsed;
        var all = new LoadTally();
        foreach (var tally in tallies) all.Add(tally);
        all.Overloaded = callers.Sum(c => c.Overloaded) - overloaded;
        all.Resent = callers.Sum(c => c.Resent) - resent;
        return (all, elapsed, Environment.CpuUsage.TotalTime - cpuBefore, fault);
    }

    private static (double, string) Progress(LoadClock clock, LoadTally[] tallies)
    {
        var done = tallies.Sum(tally => tally.Success);
        return (clock.Share, $"{done:N0} done, {done / Math.Max(clock.Elapsed.TotalSeconds, 0.001):N0} a second");
    }

    private Task<bool> ShowAsync(string title, Func<(double Share, string Text)> read, Func<Task<bool>> work) =>
        ProgressDisplay.RunAsync(error, title, async show =>
        {
            using var timer = new Timer(_ =>
            {
                var (share, says) = read();
                show(share, says);
            });
            timer.Change(ShowInterval, ShowInterval);
            return await work();
        });

    // The accounts that are used most, and others chosen by the seed.
    private List<int> Sample() =>
        [.. Enumerable.Range(0, Math.Min(20, settings.Accounts))
            .Concat(Enumerable.Range(0, BalancesChecked - 20).Select(i => plan.Transfer(i).From)).Distinct()];

    private async Task CheckLedgerAsync(LedgerReading before, LoadTally tally, List<string> faults)
    {
        var after = await reader.ReadLedgerAsync();
        foreach (var (currency, total) in after.Totals)
            if (total != 0) faults.Add($"The balances of {currency} sum to {total}, not to zero.");
        var grown = after.Transfers - before.Transfers;
        if (grown != tally.Moved)
            faults.Add($"The ledger has {grown:N0} more transfers than before, and {tally.Moved:N0} were answered as "
                + "done. (Whoever else sends transfers meanwhile counts too.)");
        await output.WriteLineAsync(
            $"ledger      {after.Totals.Count} totals read, {grown:N0} transfers more than before, "
                + $"{tally.Moved:N0} expected");
    }

    private async Task CheckBalancesAsync(Dictionary<int, long> before, List<string> faults)
    {
        var wrong = 0;
        foreach (var (number, balance) in before)
        {
            var expected = balance + books.ChangeOf(number);
            var found = await reader.ReadBalanceAsync(plan.AccountOf(number), settings.Currency);
            if (found == expected) continue;
            if (wrong++ == 0)
                faults.Add($"The account {plan.AccountOf(number)} has {found} minor units, and {expected} follow from "
                    + "the answers.");
        }
        if (wrong > 1) faults.Add($"So it is with {wrong - 1} more of {before.Count} accounts looked at.");
        await output.WriteLineAsync($"balances    {before.Count - wrong:N0} of {before.Count:N0} accounts looked "
            + "at are right");
    }
}
