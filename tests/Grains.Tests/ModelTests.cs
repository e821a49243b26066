using OrleansWallet.Grains.Tests.Support;
using OrleansWallet.Ledger;
using OrleansWallet.Ledger.Tests;
using Xunit.Abstractions;

namespace OrleansWallet.Grains.Tests;

/// <summary>
/// For one caller the cluster is the same ledger as any: random scripts get the model's answers, refusals, balances,
/// entries and past. A failure prints the shrunk script and the seed.
/// </summary>
public sealed class ModelTests(ITestOutputHelper output) : IAsyncLifetime
{
    private static readonly string[] Names = ["USD", "JPY", "KWD"];
    private const long Max = Money.MinorUnitsMax;
    private static readonly Script Largest = new([.. Script.Beginning.Steps,
        new Command.Send(1, "settlement:USD", "alice", Max - 600, "USD"),
        new Command.Send(2, "settlement:USD", "bob", 1, "USD"),
        new Command.Send(3, "alice", "bob", Max - 300, "USD"),
        new Command.Send(4, "alice", "bob", Max - 300, "USD"),
        new Command.Send(5, "bob", "settlement:USD", Max, "USD"),
        new Command.Send(6, "settlement:USD", "alice", Max, "USD"),
        new Command.Send(7, "settlement:USD", "bob", Max, "USD"),
        new Command.Send(8, "alice", "settlement:USD", Max / 2, "USD"),
        new Command.Send(9, "settlement:USD", "bob", Max / 2, "USD"),
        new Command.Send(10, "bob", "alice", Max, "USD"),
        new Command.Send(11, "bob", "alice", Max / 2, "USD")]);
    private readonly Queue<Currency> unused = [];
    private readonly Dictionary<Rejection, int> rejections = [];
    private WalletCluster? cluster;
    private int runs;
    private int answers;
    private int pastReads;

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync()
    {
        if (cluster is not null) await cluster.DisposeAsync();
    }

    [Fact]
    public void Every_script_is_answered_as_by_the_model()
    {
        Run(Largest.Steps, batch: 1);
        Properties.Hold(Scripts.Few, script => Run(script.Steps, batch: 1), tests: 14);
        Report();
        foreach (var rejection in Enum.GetValues<Rejection>().Where(Rejections.IsFinal))
            Assert.True(rejections.ContainsKey(rejection), $"No script was refused with {rejection}.");
    }

    [Fact]
    public void Batches_take_effect_in_the_order_of_each_accounts_transfers()
    {
        // Those of a settlement account go side by side: it has no funds that one could lack before another.
        Properties.Hold(Scripts.Few, script => Run(script.Steps.Select(Small), batch: 40), tests: 14);
        Report();
    }

    private static Command Small(Command step) =>
        step is Command.Send send ? send with { Amount = send.Amount % 200 + 1 } : step;

    private void Run(IEnumerable<Command> steps, int batch) => Task.Run(async () =>
    {
        var ledger = await ClusterAsync();
        var run = new ModelRun(ledger, ++runs, Names.ToDictionary(name => name, _ => unused.Dequeue()));
        await run.RunAsync(steps, batch);
        answers += run.Answers;
        pastReads += run.PastReads;
        foreach (var (rejection, count) in run.Rejections)
            rejections[rejection] = rejections.GetValueOrDefault(rejection) + count;
    }).GetAwaiter().GetResult();

    // A script has settlement accounts of its own; when all currencies were used, there is a new ledger.
    private async Task<WalletCluster> ClusterAsync()
    {
        if (cluster is not null && unused.Count >= Names.Length) return cluster;
        if (cluster is not null) await cluster.DisposeAsync();
        foreach (var currency in Currency.All) unused.Enqueue(currency);
        return cluster = await WalletCluster.StartAsync(new TestSettings { Silos = 2 });
    }

    private void Report() => output.WriteLine(
        $"{runs} scripts, {answers} answers compared, {pastReads} reads of now and the past; "
        + string.Join(", ", rejections.OrderBy(each => each.Key).Select(each => $"{each.Key} {each.Value}")));
}
