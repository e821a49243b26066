namespace OrleansWallet.Ledger.Tests;

// The whole ledger is read while transfers go on, in one commit and by the protocols: each partition at some moment of
// its own, all as of one time.
public sealed class LedgerCutProperties
{
    [Fact]
    public void What_all_partitions_grant_as_of_one_time_sums_to_zero()
    {
        var (granted, refused, legsMeanwhile, underWay) = (0, 0, 0, 0);
        Properties.Hold(Trouble.Any, trouble =>
        {
            var cluster = trouble.Begin(out var chance);
            var reading = new Reading(cluster, chance);
            var (stops, moves) = (cluster.Stops, cluster.Moves);
            cluster.Stops = (node, message, boundary) =>
            {
                reading.GoOn();
                var stopped = stops?.Invoke(node, message, boundary).ToList() ?? [];
                if (stopped.Count > 0) reading.BeginAnew();
                return stopped;
            };
            cluster.Moves = (node, boundary) =>
            {
                var move = moves?.Invoke(node, boundary);
                if (move is not null) reading.BeginAnew();
                return move;
            };
            foreach (var step in trouble.Script.Steps)
            {
                if (step is Command.Open open) cluster.Open(open.Account, open.Currency);
                if (step is Command.Send send) cluster.Send(send.ToTransfer());
            }
            granted += reading.Granted;
            refused += reading.Refused;
            legsMeanwhile += reading.LegsMeanwhile;
            underWay += reading.UnderWay;
        }, tests: 200);

        // Else it would hold of nothing much.
        Assert.DoesNotContain(0, new[] { granted, refused, legsMeanwhile, underWay });
    }

    // A partition that was taken up anew may forget what it granted, and then the reading begins anew.
    private sealed class Reading
    {
        private readonly Cluster cluster;
        private readonly Random chance;
        private readonly Dictionary<int, PartitionCut> cuts = [];
        private long atMicros;
        private int legsBefore;

        public Reading(Cluster cluster, Random chance)
        {
            (this.cluster, this.chance) = (cluster, chance);
            BeginAnew();
        }

        public int Granted { get; private set; }

        public int Refused { get; private set; }

        // How many transfers were recorded in one commit while readings went on that were granted.
        public int LegsMeanwhile { get; private set; }

        // In how many something was under way.
        public int UnderWay { get; private set; }

        public void BeginAnew()
        {
            cuts.Clear();
            // The clocks are apart: some partitions are behind that time for long, others are soon after it.
            atMicros = cluster.Nodes.Max(node => node.Partition.LastAtMicros) + chance.Next(-3, 60);
            legsBefore = CountLegs();
        }

        // Asks one of those that have not granted it, or none.
        public void GoOn()
        {
            var next = chance.Next(3 * cluster.Nodes.Length);
            if (next >= cluster.Nodes.Length || cuts.ContainsKey(next)) return;
            if (!cluster.Nodes[next].Partition.TryCut(atMicros, out var cut) || cut is null)
            {
                Refused++;
                BeginAnew();
                return;
            }
            cuts.Add(next, cut);
            if (cuts.Count < cluster.Nodes.Length) return;
            var totals = LedgerCut.Sum(cuts.Values);
            Assert.All(totals, total => Assert.Equal(0, total.Sum.MinorUnits));
            Granted++;
            LegsMeanwhile += CountLegs() - legsBefore;
            if (totals.Any(total => total.UnderWay.MinorUnits > 0)) UnderWay++;
            BeginAnew();
        }

        private int CountLegs() => cluster.Nodes.Sum(node => node.Kept.All().Count(
            each => Records.As<RecordHeader>(each.Record.AsSpan()).Kind == RecordKind.DebitLeg));
    }
}
