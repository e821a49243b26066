using System.Globalization;
using OrleansWallet.Embedded;

namespace OrleansWallet.Bench;

/// <summary>What a bench run was asked to do, from <c>--name value</c> pairs.</summary>
internal sealed record BenchSettings(
    int Seconds, int Accounts, int Transfers, string Directory, string? Only, string? Postgres)
{
    public static BenchSettings Parse(string[] args)
    {
        var values = new Dictionary<string, string>();
        for (var i = 0; i + 1 < args.Length; i += 2) values[args[i]] = args[i + 1];
        return new BenchSettings(
            Number("--seconds", 10), Number("--accounts", 1_000_000), Number("--transfers", 10_000_000),
            values.GetValueOrDefault("--directory", Path.Combine(Path.GetTempPath(), "orleanswallet-bench")),
            values.GetValueOrDefault("--only"), Environment.GetEnvironmentVariable("POSTGRES"));

        int Number(string name, int otherwise) => values.TryGetValue(name, out var text)
            ? int.Parse(text, CultureInfo.InvariantCulture)
            : otherwise;
    }

    /// <summary>Says what a figure depends on, above the table it is in.</summary>
    public void Print(string more, EmbeddedOptions? options = null)
    {
        Console.WriteLine($"{Accounts:N0} accounts, {Seconds} s each after a fifth of that to warm up, {more}.");
        if (options is not null)
            Console.WriteLine(
                $"Engine: {nameof(options.QueueTransfersMax)} {options.QueueTransfersMax:N0}, "
                + $"{nameof(options.BatchTransfersMax)} {options.BatchTransfersMax:N0}, "
                + $"{nameof(options.SegmentBytesMax)} {options.SegmentBytesMax:N0}, "
                + $"{nameof(options.SnapshotEveryEvents)} {options.SnapshotEveryEvents:N0}, "
                + $"{nameof(options.RecentTransactionsMax)} {options.RecentTransactionsMax:N0}, "
                + $"{nameof(options.TransactionFilterBytesMax)} {options.TransactionFilterBytesMax:N0}, "
                + $"{nameof(options.JournalCacheBytes)} {options.JournalCacheBytes:N0}.");
        Console.WriteLine();
    }
}
