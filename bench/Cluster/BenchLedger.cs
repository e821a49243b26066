using System.Diagnostics;
using OrleansWallet.Ledger;
using OrleansWallet.Storage.Partitions;

namespace OrleansWallet.Bench;

/// <summary>A ledger that is measured: its front ends, and what tells of its work.</summary>
/// <param name="Name">What the table calls it.</param>
/// <param name="Accounts">How many accounts it has.</param>
/// <param name="Wallets">A front end over each silo; none where it is no wallet.</param>
internal sealed record BenchLedger(string Name, int Accounts, IReadOnlyList<IWallet> Wallets)
{
    public static readonly Currency Usd = Currency.Parse("USD");

    /// <summary>How many partitions it has; 0: it has none.</summary>
    public int Partitions { get; init; }

    /// <summary>The database servers it lies on.</summary>
    public PostgresServers? Servers { get; init; }

    /// <summary>Counts what was written to the partitions' journals.</summary>
    public Func<PartitionWriterCounts> Written { get; init; } = () => default;

    /// <summary>The accounts' ids, named as the load over HTTP names them.</summary>
    public AccountId[] Ids { get; } =
        [.. Enumerable.Range(0, Accounts).Select(number => AccountId.Parse($"account-{number}"))];

    /// <summary>What its work has cost so far.</summary>
    public LedgerCosts Costs => new(
        Process.GetCurrentProcess().TotalProcessorTime, Servers?.ProcessorTime, Written());

    /// <summary>Opens all accounts, with money in each.</summary>
    /// <param name="opening">How many are opened at the same time.</param>
    /// <param name="together">How many are funded in one batch.</param>
    /// <param name="batches">How many of these batches are under way at the same time.</param>
    public async Task FundAsync(int opening, int together, int batches)
    {
        var wallet = Wallets[0];
        var begun = Stopwatch.GetTimestamp();
        await Parallel.ForEachAsync(Ids, AtOnce(opening), async (id, cancel) =>
        {
            if (await wallet.OpenAccountAsync(id, Usd, cancel) is { Rejection: not Rejection.None } refused)
                throw new InvalidOperationException($"Opening {id} came to {refused}.");
        });
        var opened = Stopwatch.GetElapsedTime(begun);
        await Parallel.ForEachAsync(Ids.Chunk(together), AtOnce(batches), async (some, cancel) =>
        {
            var random = FastRandom.Fresh();
            var transfers = Array.ConvertAll(some, id => new Transfer(
                random.NextId(), AccountId.Settlement(Usd), id, new Money(1_000_000_000, Usd)));
            var outcomes = new TransferOutcome[transfers.Length];
            await wallet.TransferManyAsync(transfers, outcomes, cancel);
            Succeeded.Require(outcomes);
        });
        // The table is on the other stream.
        await Console.Error.WriteLineAsync(
            $"{Name}: {Accounts:N0} accounts opened in {opened.TotalSeconds:F1} s, and funded in "
            + $"{(Stopwatch.GetElapsedTime(begun) - opened).TotalSeconds:F1} s.");
    }

    private static ParallelOptions AtOnce(int count) => new() { MaxDegreeOfParallelism = count };
}

/// <summary>What a ledger's work has cost.</summary>
/// <param name="Here">Processor time of this process.</param>
/// <param name="Servers">Processor time of the database servers; null where it can't be seen.</param>
/// <param name="Written">What was written to the partitions' journals.</param>
internal readonly record struct LedgerCosts(TimeSpan Here, TimeSpan? Servers, PartitionWriterCounts Written)
{
    public static LedgerCosts operator -(LedgerCosts after, LedgerCosts before) => new(
        after.Here - before.Here, after.Servers - before.Servers,
        new PartitionWriterCounts(
            after.Written.Groups - before.Written.Groups, after.Written.Batches - before.Written.Batches,
            after.Written.Bytes - before.Written.Bytes));
}
