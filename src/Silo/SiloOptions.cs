using System.ComponentModel.DataAnnotations;
using OrleansWallet.Storage.Partitions;

namespace OrleansWallet.Silo;

/// <summary>What a process of the cluster does.</summary>
public enum SiloRole
{
    /// <summary>Holds grains and answers callers; what a lone process does.</summary>
    Both,
    /// <summary>Holds grains; over HTTP it tells its health and shows the dashboard.</summary>
    Silo,
    /// <summary>Answers callers and holds no grains.</summary>
    Api,
}

/// <summary>What holds the accounts.</summary>
public enum LedgerKind
{
    /// <summary>A grain for each account; a transfer is an Orleans transaction.</summary>
    Accounts,
    /// <summary>A grain for each partition of the ledger, TC/C or Saga between them; it needs PostgreSQL.</summary>
    Partitions,
}

/// <summary>How a process takes part in the cluster, section <c>Wallet</c>.</summary>
public sealed record SiloOptions
{
    /// <summary>What it does; on the command line also <c>--role</c>.</summary>
    public SiloRole Role { get; init; } = SiloRole.Both;

    /// <summary>
    /// The connection string of the cluster's PostgreSQL database. Without one, the process is a cluster of one, over
    /// a SQLite file in <see cref="DataDirectory"/>.
    /// </summary>
    public string? Postgres { get; init; }

    /// <summary>What holds the accounts. The two are different ledgers.</summary>
    public LedgerKind Ledger { get; init; }

    /// <summary>
    /// The servers that the partitions are spread over, each written as <c>0-31=Host=…;Database=…</c>; none: all of
    /// them in <see cref="Postgres"/>.
    /// </summary>
    public string[] PartitionServers { get; init; } = [];

    /// <summary>Where the SQLite file lies. One process at a time may use it.</summary>
    [Required]
    public string DataDirectory { get; init; } = "data";

    /// <summary>The port that silos talk to each other at; 0 takes a free one.</summary>
    [Range(0, 65_535)]
    public int SiloPort { get; init; }

    /// <summary>The port that front ends talk to this silo at; 0 takes a free one.</summary>
    [Range(0, 65_535)]
    public int GatewayPort { get; init; }

    /// <summary>The address that the others reach this silo at. A cluster of one keeps to this machine.</summary>
    public string AdvertisedAddress { get; init; } = "127.0.0.1";

    /// <summary>The cluster's name: silos of one name and database are one cluster.</summary>
    [Required]
    public string ClusterId { get; init; } = "wallet";

    /// <summary>Whether the process keeps its data in PostgreSQL, and so may be one of several.</summary>
    public bool IsCluster => !string.IsNullOrWhiteSpace(Postgres);

    /// <summary>The servers of so many partitions.</summary>
    public IEnumerable<PartitionServer> PartitionServersOf(int count) => PartitionServers is []
        ? [new PartitionServer(0, count - 1, Postgres ?? "")]
        : PartitionServers.Select(PartitionServer.Parse);

    /// <summary>Tells what can't be meant, in sentences for the operator.</summary>
    public IEnumerable<string> Faults()
    {
        if (Role == SiloRole.Api && !IsCluster)
            yield return "The role api needs Wallet:Postgres, where it finds the silos.";
        if (Ledger == LedgerKind.Partitions && !IsCluster)
            yield return "Wallet:Ledger=Partitions needs Wallet:Postgres.";
        if (!System.Net.IPAddress.TryParse(AdvertisedAddress, out _))
            yield return "Wallet:AdvertisedAddress must be an IP address.";
    }
}
