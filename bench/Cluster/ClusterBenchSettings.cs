using System.Globalization;

namespace OrleansWallet.Bench;

/// <summary>Where both transfers' states lie.</summary>
internal enum StateHome
{
    Memory,
    Postgres,
}

/// <summary>What a run was asked to do, from <c>--name value</c> pairs.</summary>
/// <param name="Seconds">How long each row is measured; as long again before it, to warm up.</param>
/// <param name="Accounts">How many accounts there are.</param>
/// <param name="Only">Rows whose text contains this; null: all.</param>
internal sealed record ClusterBenchSettings(int Seconds, int Accounts, string? Only)
{
    /// <summary>How many accounts a ledger in partitions has.</summary>
    public int PartitionAccounts => 10 * Accounts;

    /// <summary>How many it has where there are to be many: a million, if nothing else is said.</summary>
    public int ManyAccounts => 100 * Accounts;

    /// <summary>Whether rows with that name are to be run.</summary>
    public bool Asks(string name) => Only is null || name.Contains(Only, StringComparison.Ordinal);

    public static ClusterBenchSettings Parse(string[] args)
    {
        var values = new Dictionary<string, string>();
        for (var i = 0; i + 1 < args.Length; i += 2) values[args[i]] = args[i + 1];
        return new ClusterBenchSettings(
            Number("--seconds", 8), Number("--accounts", 10_000), values.GetValueOrDefault("--only"));

        int Number(string name, int otherwise) => values.TryGetValue(name, out var text)
            ? int.Parse(text, CultureInfo.InvariantCulture)
            : otherwise;
    }
}
