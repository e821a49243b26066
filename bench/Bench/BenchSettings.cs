using System.Globalization;

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
}
