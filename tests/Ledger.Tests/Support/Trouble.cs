using FsCheck;
using FsCheck.Fluent;

namespace OrleansWallet.Ledger.Tests;

// Commands, by which protocol, and what the faults are drawn from.
internal sealed record Trouble(Script Script, TransferProtocol Protocol, int Seed)
{
    public const int Partitions = 4;

    private const int Processes = 3;

    public static readonly Arbitrary<Trouble> Any = Arb.From(
        from script in Scripts.Few.Generator
        from protocol in Gen.Elements(TransferProtocol.Tcc, TransferProtocol.Saga)
        from seed in Gen.Choose(0, int.MaxValue)
        select new Trouble(script, protocol, seed),
        trouble => Scripts.Few.Shrinker(trouble.Script).Select(smaller => trouble with { Script = smaller }));

    // Some partitions are together and others apart. Of a hundred messages a few are lost, late, doubled or overtaken,
    // and of a hundred steps at two something stops, and at one a partition moves to another process.
    public Cluster Begin(out Random chance)
    {
        var drawn = chance = new Random(Seed);
        var processes = new int[Partitions];
        for (var partition = 0; partition < Partitions; partition++) processes[partition] = drawn.Next(Processes);
        var cluster = new Cluster(Partitions, Protocol, processes: processes);
        cluster.OpenSettlement("USD", "JPY");
        cluster.Fates = _ => drawn.Next(100) switch
        {
            < 4 => Fate.Lost,
            < 8 => Fate.Late,
            < 14 => Fate.Twice,
            < 20 => Fate.OutOfOrder,
            _ => Fate.OnTime,
        };
        cluster.Stops = (node, _, _) => drawn.Next(100) switch
        {
            0 => [node.Number],
            1 => [drawn.Next(-1, Partitions)],
            2 when drawn.Next(4) == 0 => [Message.FrontEnd, .. Enumerable.Range(0, Partitions)],
            _ => [],
        };
        cluster.Moves = (_, _) =>
            drawn.Next(100) == 0 ? (drawn.Next(Partitions), drawn.Next(Processes)) : null;
        cluster.NextOf = waiting => drawn.Next(3) == 0 ? drawn.Next(waiting) : 0;
        cluster.TakesSnapshot = () => drawn.Next(10) == 0;
        return cluster;
    }
}
