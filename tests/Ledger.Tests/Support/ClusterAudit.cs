namespace OrleansWallet.Ledger.Tests;

// What must be true of a cluster at rest, by its journals alone.
internal static class ClusterAudit
{
    public static void Check(Cluster cluster)
    {
        CheckReplay(cluster);
        CheckLegs(cluster);
        CheckRepeats(cluster);
        foreach (var node in cluster.Nodes)
        {
            Assert.Empty(node.Partition.UnderWay());
            for (var number = 0; number < node.Partition.Accounts.Count; number++)
            {
                Assert.Equal(0, node.Partition.HeldOf(number).MinorUnits);
                Assert.Equal(0, node.Partition.PromisedOf(number).MinorUnits);
            }
        }
        Assert.All(cluster.Totals(), total => Assert.Equal((0, 0), (total.Sum.MinorUnits, total.UnderWay.MinorUnits)));
    }

    // All journals are folded once more, merged by their times: a cause comes before its effects, so all up to any time
    // is a consistent cut, and sums to zero.
    private static void CheckReplay(Cluster cluster)
    {
        var folded = new Partition[cluster.Nodes.Length];
        var merged = new List<(long AtMicros, int Node, long Place, byte[] Record)>();
        foreach (var node in cluster.Nodes)
        {
            folded[node.Number] = node.NewPartition(new KeptRecords(0, 0), node);
            foreach (var (place, record) in node.Kept.All())
                merged.Add((Records.As<RecordHeader>(record.AsSpan()).AtMicros, node.Number, place, record));
        }
        foreach (var ofOneTime in merged.GroupBy(each => each.AtMicros).OrderBy(each => each.Key))
        {
            foreach (var (_, node, place, record) in ofOneTime) folded[node].Apply(record, place);
            if (ofOneTime.All(each => KindOf(each.Record) is RecordKind.AccountOpened or RecordKind.IdClaimed))
                continue;
            foreach (var total in LedgerCut.Sum([.. folded.Select(partition => partition.Cut())]))
                Assert.Equal(0, total.Sum.MinorUnits);
        }
        foreach (var node in cluster.Nodes)
            Assert.Equal(TestLedger.ImageOf(folded[node.Number]), TestLedger.ImageOf(node.Partition));
    }

    // Each leg has its other one, with the same id, amount and time.
    private static void CheckLegs(Cluster cluster)
    {
        var (debits, credits) = (new List<string>(), new List<string>());
        foreach (var node in cluster.Nodes)
        {
            foreach (var (_, record) in node.Kept.All())
            {
                if (KindOf(record) is not (RecordKind.DebitLeg or RecordKind.CreditLeg)) continue;
                ref readonly var leg = ref Records.As<LegRecord>((ReadOnlySpan<byte>)record);
                var isDebit = leg.Header.Kind == RecordKind.DebitLeg;
                var (payer, payee) = isDebit ? (node.Number, (int)leg.Other) : (leg.Other, node.Number);
                (isDebit ? debits : credits).Add($"{leg.Id} {payer} {payee} {leg.Amount} {leg.Header.AtMicros}");
            }
        }
        Assert.Equal(debits.Order(), credits.Order());
        Assert.Equal(debits.Count, debits.Distinct().Count());
    }

    private static RecordKind KindOf(byte[] record) => Records.As<RecordHeader>(record.AsSpan()).Kind;

    // Each transfer sent again gets the recorded answer, and nothing is recorded.
    private static void CheckRepeats(Cluster cluster)
    {
        foreach (var (transfer, outcome) in cluster.Told)
        {
            if (outcome.Rejection == Rejection.TransactionIdReused) continue;
            var node = cluster.Nodes[cluster.PartitionOf(transfer.From)];
            Assert.True(node.Partition.TryAnswerKnown(transfer, out var known));
            Assert.Equal(RemoteTransferStep.Decided, known.Step);
            Assert.Equal(outcome with { Replayed = true }, known.Outcome);
        }
    }
}
