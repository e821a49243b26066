using System.Globalization;

namespace OrleansWallet.Storage.Partitions;

/// <summary>A PostgreSQL server and the partitions that lie on it.</summary>
/// <param name="First">The number of the first, from 0.</param>
/// <param name="Last">The number of the last.</param>
/// <param name="ConnectionString">Where the database is.</param>
public sealed record PartitionServer(int First, int Last, string ConnectionString)
{
    /// <summary>The range as it is written, <c>0-31</c>.</summary>
    public string Range => string.Create(CultureInfo.InvariantCulture, $"{First}-{Last}");

    /// <summary>The range only: the connection string has a password.</summary>
    public override string ToString() => $"the server of the partitions {Range}";

    /// <summary>Reads <c>0-31=Host=…;Database=…</c>.</summary>
    /// <exception cref="StorageSetupException">The text is something else; it is not repeated.</exception>
    public static PartitionServer Parse(string text)
    {
        var equals = text.IndexOf('=', StringComparison.Ordinal);
        var range = equals < 0 ? text : text[..equals];
        var dash = range.IndexOf('-', StringComparison.Ordinal);
        if (equals > 0 && dash > 0 && TryNumber(range[..dash], out var first)
            && TryNumber(range[(dash + 1)..], out var last))
            return new PartitionServer(first, last, text[(equals + 1)..]);
        throw new StorageSetupException(
            "A partitions' server is written as the first and last of its partitions and a connection string, like "
            + "0-31=Host=…;Username=…;Password=…;Database=….");
    }

    /// <summary>The servers by the order of their partitions.</summary>
    /// <exception cref="StorageSetupException">They leave a partition out, or give one twice.</exception>
    internal static IReadOnlyList<PartitionServer> Covering(IEnumerable<PartitionServer> servers, int partitionCount)
    {
        PartitionServer[] sorted = [.. servers.OrderBy(server => server.First).ThenBy(server => server.Last)];
        var next = 0;
        foreach (var server in sorted)
        {
            if (server.First < 0 || server.Last < server.First || server.Last >= partitionCount)
            {
                throw new StorageSetupException(
                    $"There are no partitions {server.Range}: the ledger has {partitionCount}, numbered from 0.");
            }
            if (server.First < next)
                throw new StorageSetupException($"Partition {server.First} is given to two servers.");
            if (server.First > next) throw LeftOut(next, server.First - 1);
            next = server.Last + 1;
        }
        return next == partitionCount ? sorted : throw LeftOut(next, partitionCount - 1);
    }

    private static StorageSetupException LeftOut(int first, int last) => new(
        $"No server has the partitions {first}-{last}: each partition needs one.");

    private static bool TryNumber(string text, out int number) =>
        int.TryParse(text.Trim(), NumberStyles.None, CultureInfo.InvariantCulture, out number);
}
