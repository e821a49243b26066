using System.Globalization;
using OrleansWallet.Storage.Postgres;

namespace OrleansWallet.Storage.Partitions;

/// <summary>
/// What is fixed for ever on each server when the ledger is made: how many partitions there are, which of them lie
/// there, and of which ledger. Without it, two connection strings in each other's place would look like empty journals.
/// </summary>
internal static class PartitionFacts
{
    private const string CountFact = "partition-count";
    private const string RangeFact = "partition-range";
    private const string LedgerFact = "ledger-id";

    /// <summary>
    /// Brings each server's schema up to date, fixes or checks its facts, and answers with the ledger's id.
    /// </summary>
    /// <exception cref="StorageSetupException">A server is another's, or can't be used as it is.</exception>
    /// <exception cref="StateUnavailableException">A server can't be reached now.</exception>
    public static async Task<Guid> FixAsync(
        IReadOnlyList<PartitionServer> servers, PartitionStoreOptions options, CancellationToken cancel)
    {
        var limits = new StateStoreOptions { CommandSeconds = options.CommandSeconds };
        var count = options.PartitionCount.ToString(CultureInfo.InvariantCulture);
        string? ledger = null;
        foreach (var server in servers)
        {
            await using var facts = await PostgresStateStore.OpenAsync(server.ConnectionString, limits, cancel)
                .ConfigureAwait(false);
            await RequireAsync(facts, server, CountFact, count, cancel).ConfigureAwait(false);
            await RequireAsync(facts, server, RangeFact, server.Range, cancel).ConfigureAwait(false);
            if (ledger is null)
                ledger = await facts.FixAsync(LedgerFact, $"{Guid.NewGuid():D}", cancel).ConfigureAwait(false);
            else
                await RequireAsync(facts, server, LedgerFact, ledger, cancel).ConfigureAwait(false);
        }
        return Guid.TryParseExact(ledger, "D", out var id)
            ? id
            : throw new StorageSetupException($"The fact {LedgerFact} is no UUID, but \"{ledger}\".");
    }

    private static async Task RequireAsync(
        PostgresStateStore facts, PartitionServer server, string name, string value, CancellationToken cancel)
    {
        var held = await facts.FixAsync(name, value, cancel).ConfigureAwait(false);
        if (held == value) return;
        throw new StorageSetupException(
            $"The server of the partitions {server.Range} has {name} {held}, and {value} was asked for: it is fixed "
            + "for ever. Correct the number of partitions, or the servers' ranges and connection strings.");
    }
}
