using System.Diagnostics;
using OrleansWallet.Embedded;
using OrleansWallet.Embedded.Storage;
using OrleansWallet.Ledger;

namespace OrleansWallet.Bench;

/// <summary>The engine in this process, durable: single callers and batches, over three spreads of accounts.</summary>
internal static class EngineBench
{
    private const int Callers = 8192;
    private const int LoneRecordBytes = 192;
    private const int BatchTransfers = 10_000;
    private const int BatchesInFlight = 6;
    private const int Readers = 32;

    public static async Task<int> RunAsync(BenchSettings settings)
    {
        var directory = Path.Combine(settings.Directory, "engine");
        if (Directory.Exists(directory)) Directory.Delete(directory, recursive: true);
        var options = new EmbeddedOptions { DataDirectory = directory };
        await using var wallet = await EmbeddedWallet.OpenAsync(options, TimeProvider.System, _ => { });
        var accounts = await OpenAccountsAsync(wallet, settings.Accounts);
        settings.Print($"{BatchesInFlight} batches in flight", options);
        PrintHeader();
        foreach (var spread in Enum.GetValues<Spread>())
        {
            var picker = new AccountPicker(accounts.Length, spread);
            if (settings.Only is null or "single")
                await MeasureAsync("8,192 callers", spread, settings, directory,
                    measurement => SinglesAsync(wallet, accounts, picker, Callers, measurement));
            if (settings.Only is null or "batch")
                await MeasureAsync("batches of 10,000", spread, settings, directory,
                    measurement => BatchesAsync(wallet, accounts, picker, BatchesInFlight, measurement));
        }
        if (settings.Only is null or "entries") await BesideReadersAsync(wallet, accounts, settings, directory);
        if (settings.Only is null or "lone")
        {
            // What the last load left to merge would be measured with it.
            await Task.Delay(TimeSpan.FromSeconds(settings.Seconds));
            var picker = new AccountPicker(accounts.Length, Spread.Uniform);
            await MeasureAsync("1 caller", Spread.Uniform, settings, directory,
                measurement => SinglesAsync(wallet, accounts, picker, 1, measurement));
            await MeasureSyncsAsync(settings);
        }
        return 0;
    }

    /// <summary>The rates of single callers and of batches, uniform, to set against a rival of the same run.</summary>
    public static async Task<(double Singles, double Batches)> RatesAsync(BenchSettings settings)
    {
        var directory = Path.Combine(settings.Directory, "engine");
        if (Directory.Exists(directory)) Directory.Delete(directory, recursive: true);
        var options = new EmbeddedOptions { DataDirectory = directory };
        await using var wallet = await EmbeddedWallet.OpenAsync(options, TimeProvider.System, _ => { });
        var accounts = await OpenAccountsAsync(wallet, settings.Accounts);
        var picker = new AccountPicker(accounts.Length, Spread.Uniform);
        settings.Print($"{BatchesInFlight} batches in flight", options);
        PrintHeader();
        var singles = await MeasureAsync("8,192 callers", Spread.Uniform, settings, directory,
            measurement => SinglesAsync(wallet, accounts, picker, Callers, measurement));
        var batches = await MeasureAsync("batches of 10,000", Spread.Uniform, settings, directory,
            measurement => BatchesAsync(wallet, accounts, picker, BatchesInFlight, measurement));
        return (singles, batches);
    }

    // Ten hot accounts have entries enough; each reader asks for a page of a thousand, again and again.
    private static async Task BesideReadersAsync(
        EmbeddedWallet wallet, AccountId[] accounts, BenchSettings settings, string directory)
    {
        var picker = new AccountPicker(accounts.Length, Spread.Hot);
        foreach (var readers in new[] { 0, Readers })
        {
            using var stop = new CancellationTokenSource();
            var pages = 0L;
            var reading = Enumerable.Range(0, readers).Select(i => Task.Run(async () =>
            {
                while (!stop.IsCancellationRequested)
                {
                    await wallet.ListEntriesAsync(accounts[i % 10], IWallet.EntriesMax, null);
                    Interlocked.Increment(ref pages);
                }
            })).ToArray();
            await MeasureAsync($"64 callers beside {readers} readers of {IWallet.EntriesMax:N0} entries", Spread.Hot,
                settings, directory, measurement => SinglesAsync(wallet, accounts, picker, 64, measurement));
            await stop.CancelAsync();
            await Task.WhenAll(reading);
            if (readers > 0) Console.WriteLine($"| the readers' pages, in all | | {pages:N0} | | | | | | |");
        }
    }

    private static void PrintHeader()
    {
        Console.WriteLine(
            "| load | spread | transfers/s | p50 ms | p99 ms | p99.9 ms | bytes/transfer | cores "
            + "| allocated/transfer |");
        Console.WriteLine("| --- | --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |");
    }

    // What the disk alone takes for a lone caller's batch: one write at the end of a file, one fdatasync.
    private static async Task MeasureSyncsAsync(BenchSettings settings)
    {
        using var storage = LocalStorage.OpenExclusive(Path.Combine(settings.Directory, "sync"));
        using var file = storage.Create("file");
        var bytes = new byte[LoneRecordBytes];
        var measurement = new Measurement(TimeSpan.FromSeconds(settings.Seconds));
        var done = 0;
        await measurement.RunAsync(() => Task.Run(() =>
        {
            for (; !measurement.IsOver; done++)
            {
                var begun = Stopwatch.GetTimestamp();
                file.Write(bytes, (long)done * bytes.Length);
                file.Sync();
                measurement.AddLatency(Stopwatch.GetTimestamp() - begun);
            }
        }));
        Console.WriteLine(
            $"| the disk alone: {LoneRecordBytes} bytes, fdatasync | | {done / measurement.Elapsed.TotalSeconds:N0} "
            + $"| {measurement.Quantile(0.5):F2} | {measurement.Quantile(0.99):F2} | {measurement.Quantile(0.999):F2} "
            + "| | | |");
    }

    /// <summary>Opens so many accounts, and funds them.</summary>
    internal static async Task<AccountId[]> OpenAccountsAsync(EmbeddedWallet wallet, int count, bool fund = true)
    {
        var usd = Currency.Parse("USD");
        var ids = new AccountId[count];
        for (var i = 0; i < count; i++) ids[i] = AccountId.Parse($"user-{i:D9}");
        for (var first = 0; first < count; first += 10_000)
        {
            var opened = await Task.WhenAll(
                ids[first..Math.Min(first + 10_000, count)].Select(id => wallet.OpenAccountAsync(id, usd).AsTask()));
            if (!opened.All(result => result.Created)) throw new InvalidOperationException("An account is not new.");
        }
        if (fund) await FundAsync(wallet, ids);
        return ids;
    }

    /// <summary>Gives each account ten million dollars.</summary>
    internal static async Task FundAsync(EmbeddedWallet wallet, AccountId[] ids)
    {
        var usd = Currency.Parse("USD");
        var settlement = AccountId.Settlement(usd);
        var random = FastRandom.Fresh();
        for (var first = 0; first < ids.Length; first += BatchTransfers)
        {
            var some = ids[first..Math.Min(first + BatchTransfers, ids.Length)];
            var transfers = new Transfer[some.Length];
            for (var i = 0; i < some.Length; i++)
                transfers[i] = new Transfer(random.NextId(), settlement, some[i], new Money(1_000_000_000, usd));
            var outcomes = new TransferOutcome[transfers.Length];
            await wallet.TransferManyAsync(transfers, outcomes);
            Succeeded.Require(outcomes);
        }
    }

    private static async Task<double> MeasureAsync(
        string load, Spread spread, BenchSettings settings, string directory, Func<Measurement, Task> run)
    {
        await run(new Measurement(TimeSpan.FromSeconds(Math.Max(1, settings.Seconds / 5))));
        GC.Collect();
        var bytes = JournalBytes(directory);
        var cpu = Process.GetCurrentProcess().TotalProcessorTime;
        var allocated = GC.GetTotalAllocatedBytes();
        var measurement = new Measurement(TimeSpan.FromSeconds(settings.Seconds));
        await run(measurement);
        var seconds = measurement.Elapsed.TotalSeconds;
        var done = measurement.Count;
        Console.WriteLine(
            $"| {load} | {spread} | {done / seconds:N0} "
            + $"| {measurement.Quantile(0.5):F2} | {measurement.Quantile(0.99):F2} | "
            + $"{measurement.Quantile(0.999):F2} | {(JournalBytes(directory) - bytes) / (double)done:F0} "
            + $"| {(Process.GetCurrentProcess().TotalProcessorTime - cpu).TotalSeconds / seconds:F2} "
            + $"| {(GC.GetTotalAllocatedBytes() - allocated) / (double)done:F0} |");
        return done / seconds;
    }

    private static Task SinglesAsync(
        EmbeddedWallet wallet, AccountId[] accounts, AccountPicker picker, int callers, Measurement measurement)
    {
        return measurement.RunAsync(
            () => Task.WhenAll(Enumerable.Range(0, callers).Select(_ => Task.Run(CallerAsync))));

        async Task CallerAsync()
        {
            var random = FastRandom.Fresh();
            var usd = Currency.Parse("USD");
            var done = 0;
            for (; !measurement.IsOver; done++)
            {
                var (from, to) = picker.Pick(ref random);
                // Every eighth one is timed: reading the clock twice for each would be a tenth of its cost.
                var begun = done % 8 == 0 ? Stopwatch.GetTimestamp() : 0;
                var outcome = await wallet.TransferAsync(new Transfer(
                    random.NextId(), accounts[from], accounts[to], new Money(1, usd)));
                Succeeded.Require(outcome);
                if (begun != 0) measurement.AddLatency(Stopwatch.GetTimestamp() - begun);
            }
            measurement.AddCount(done);
        }
    }

    private static Task BatchesAsync(
        EmbeddedWallet wallet, AccountId[] accounts, AccountPicker picker, int callers, Measurement measurement)
    {
        return measurement.RunAsync(
            () => Task.WhenAll(Enumerable.Range(0, callers).Select(_ => Task.Run(CallerAsync))));

        async Task CallerAsync()
        {
            var random = FastRandom.Fresh();
            var usd = Currency.Parse("USD");
            var transfers = new Transfer[BatchTransfers];
            var outcomes = new TransferOutcome[BatchTransfers];
            while (!measurement.IsOver)
            {
                for (var i = 0; i < transfers.Length; i++)
                {
                    var (from, to) = picker.Pick(ref random);
                    transfers[i] = new Transfer(random.NextId(), accounts[from], accounts[to], new Money(1, usd));
                }
                var begun = Stopwatch.GetTimestamp();
                await wallet.TransferManyAsync(transfers, outcomes);
                measurement.AddLatency(Stopwatch.GetTimestamp() - begun);
                Succeeded.Require(outcomes);
                measurement.AddCount(transfers.Length);
            }
        }
    }

    private static long JournalBytes(string directory) =>
        new DirectoryInfo(Path.Combine(directory, "journal")).EnumerateFiles().Sum(file => file.Length);
}
