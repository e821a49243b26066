using OrleansWallet.Conformance;
using Xunit.Abstractions;

namespace OrleansWallet.ClusterConformance;

/// <summary>The suite against a ledger in partitions: three silos over PostgreSQL and a front end.</summary>
[Collection(OneAtATime.Name)]
public sealed class PartitionPostgresConformance(PartitionEdition edition, ITestOutputHelper output)
    : WalletConformance(edition, output), IClassFixture<PartitionEdition>;

/// <summary>The cluster edition with its ledger in eight partitions.</summary>
public sealed class PartitionEdition : PostgresEdition
{
    protected override string[] Everywhere => ["--Wallet:Ledger=Partitions", "--Wallet:PartitionCount=8"];
}
