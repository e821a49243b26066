using OrleansWallet.Storage;

// Each test has silos of its own, and the machine few cores: one after the other.
[assembly: CollectionBehavior(DisableTestParallelization = true)]

namespace OrleansWallet.Grains.Tests.Support;

// How a test's cluster differs from the usual one: three silos over one SQLite file, four stripes.
internal sealed record TestSettings
{
    public short Silos { get; init; } = 3;

    public int Stripes { get; init; } = 4;

    // By how much each silo's clock is ahead of the machine's, in the order of their start.
    public TimeSpan[] Skews { get; init; } = [];

    // Null: a SQLite file in a directory that goes with the cluster.
    public string? Postgres { get; init; }

    // What the silos see of the store.
    public Func<IStateStore, IStateStore> Wrap { get; init; } = store => store;

    public Action<ISiloBuilder> ConfigureSilo { get; init; } = _ => { };

    public WalletClusterOptions Options { get; init; } = new();
}
