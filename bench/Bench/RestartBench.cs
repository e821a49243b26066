using System.Diagnostics;
using OrleansWallet.Embedded;
using OrleansWallet.Embedded.Index;
using OrleansWallet.Embedded.Storage;
using OrleansWallet.Ledger;

namespace OrleansWallet.Bench;

/// <summary>
/// How long a start takes: from a snapshot, and by replay from the first event (snapshots and index deleted, so that
/// both are made anew). And how much memory an account and a remembered transaction id take.
/// </summary>
internal static class RestartBench
{
    private const int TransfersAtOnce = 10_000;

    public static async Task<int> RunAsync(BenchSettings settings)
    {
        var directory = Path.Combine(settings.Directory, "restart");
        if (Directory.Exists(directory)) Directory.Delete(directory, recursive: true);
        var options = new EmbeddedOptions { DataDirectory = directory };
        settings.Print($"{settings.Transfers:N0} transfers in batches of {TransfersAtOnce:N0}", options);
        Console.WriteLine("| what | measured |");
        Console.WriteLine("| --- | --- |");

        var before = MemoryNow();
        await using (var wallet = await OpenAsync(options))
        {
            before = MemoryNow();
            var accounts = await EngineBench.OpenAccountsAsync(wallet, settings.Accounts, fund: false);
            var held = MemoryNow() - before - IdsBytes(accounts);
            Console.WriteLine($"| memory for each account | {held / (double)settings.Accounts:F0} bytes |");
            await EngineBench.FundAsync(wallet, accounts);
            await SendAsync(wallet, accounts, settings.Transfers);
        }

        var fromSnapshot = await TimeAsync(options);
        Console.WriteLine($"| start from a snapshot, {settings.Accounts:N0} accounts | {fromSnapshot.Seconds:F2} s |");
        foreach (var derived in new[] { "snapshots", "index" })
            foreach (var file in Directory.EnumerateFiles(Path.Combine(directory, derived))) File.Delete(file);
        var replay = await TimeAsync(options);
        Console.WriteLine(
            $"| replay from the first event, index made anew | {replay.Events:N0} events in {replay.Seconds:F2} s: "
            + $"{replay.Events / replay.Seconds:N0}/s |");
        Console.WriteLine(
            "| index of transaction ids on disk "
            + $"| {IndexBytes(directory) / (double)replay.Transfers:F1} bytes an id |");
        MeasureIds(options);
        return 0;
    }

    // What an id takes in memory: in the files' filters and first hashes, and in the table of the newest, which is
    // written all over before it is used and so is all there.
    private static void MeasureIds(EmbeddedOptions options)
    {
        using var storage = LocalStorage.OpenReadOnly(options.DataDirectory);
        var ledger = LedgerIdentity.Read(storage) ?? throw new InvalidOperationException("There is no ledger.");
        var (before, resident) = (MemoryNow(), Environment.WorkingSet);
        using (var runs = IndexRuns.Open(storage, ledger.Id, options, (_, text) => Console.Error.WriteLine(text)))
            Print("in the index", runs.Current.Runs.Sum(run => run.Count));
        (before, resident) = (MemoryNow(), Environment.WorkingSet);
        var newest = new RecentIds(options.RecentTransactionsMax);
        newest.Clear();
        Print("among the newest", options.RecentTransactionsMax);
        GC.KeepAlive(newest);

        void Print(string where, long ids) => Console.WriteLine(
            $"| memory for each id {where}, {ids:N0} ids | {(MemoryNow() - before) / (double)ids:F1} bytes, working "
            + $"set {(Environment.WorkingSet - resident) / (double)ids:F1} |");
    }

    private static Task<EmbeddedWallet> OpenAsync(EmbeddedOptions options) =>
        EmbeddedWallet.OpenAsync(options, TimeProvider.System, _ => { });

    private static async Task<(double Seconds, long Events, long Transfers)> TimeAsync(EmbeddedOptions options)
    {
        GC.Collect();
        var begun = Stopwatch.GetTimestamp();
        await using var wallet = await OpenAsync(options);
        var ledger = await wallet.ReadLedgerAsync(fresh: true);
        return (Stopwatch.GetElapsedTime(begun).TotalSeconds, ledger.Sequence, ledger.Transfers);
    }

    private static async Task SendAsync(EmbeddedWallet wallet, AccountId[] accounts, int count)
    {
        var random = new FastRandom(7);
        var picker = new AccountPicker(accounts.Length, Spread.Uniform);
        var usd = Currency.Parse("USD");
        var transfers = new Transfer[TransfersAtOnce];
        var outcomes = new TransferOutcome[TransfersAtOnce];
        for (var sent = 0; sent < count; sent += transfers.Length)
        {
            for (var i = 0; i < transfers.Length; i++)
            {
                var (from, to) = picker.Pick(ref random);
                transfers[i] = new Transfer(random.NextId(), accounts[from], accounts[to], new Money(1, usd));
            }
            await wallet.TransferManyAsync(transfers, outcomes);
            Succeeded.Require(outcomes);
        }
    }

    // What is let go of goes back to the system too, so that the working set tells of what comes next.
    private static long MemoryNow()
    {
        GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
        return GC.GetTotalMemory(forceFullCollection: true);
    }

    // The bench's own strings: a header of 22 bytes and two for each character, in steps of 8, and the array's slot.
    private static long IdsBytes(AccountId[] ids) => ids.Sum(id => (22L + 2 * id.Value.Length + 7) / 8 * 8 + 8);

    private static long IndexBytes(string directory) =>
        new DirectoryInfo(Path.Combine(directory, "index")).EnumerateFiles().Sum(file => file.Length);
}
