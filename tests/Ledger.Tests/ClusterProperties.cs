using System.Numerics;
using System.Reflection;

namespace OrleansWallet.Ledger.Tests;

// What is true of a cluster after any transfers whatever, while anything stops and messages come late, twice, out of
// order or not at all, and partitions come together and part.
public sealed class ClusterProperties
{
    [Fact]
    public void One_transfer_after_the_other_has_the_outcomes_and_balances_of_a_ledger_of_one_partition() =>
        Properties.Hold(Trouble.Any, trouble =>
        {
            var model = new ReferenceModel();
            var cluster = trouble.Begin(out var chance);
            foreach (var step in trouble.Script.Steps)
            {
                var expected = model.Run(step).Rejection;
                if (step is Command.Send send)
                {
                    if (chance.Next(8) == 0) cluster.ToGiveUp.Add(Command.IdOf(send.Id));
                    cluster.Send(send.ToTransfer());
                    Assert.Equal(expected, cluster.Told[send.ToTransfer()].Rejection);
                }
                else
                {
                    Assert.Equal(expected, Do(cluster, step));
                }
                if (chance.Next(4) == 0) cluster.DeliverLate();
            }
            cluster.DeliverLate();
            ClusterAudit.Check(cluster);
            foreach (var (name, purse) in model.Purses)
            {
                if (!cluster.NodeOf(name).Partition.Directory.TryFind(AccountId.Parse(name), out var number)) continue;
                ref readonly var account = ref cluster.NodeOf(name).Partition.Accounts[number].Account;
                Assert.Equal(
                    (purse.Balance, (long)purse.Version, purse.Frozen),
                    (new BigInteger(account.Balance), account.Version, account.IsFrozen));
            }
        }, tests: 300);

    [Fact]
    public void Many_transfers_at_once_each_have_one_outcome_and_the_balances_are_those_of_the_successes() =>
        Properties.Hold(Trouble.Any, trouble =>
        {
            var cluster = trouble.Begin(out var chance);
            var opened = new HashSet<string>();
            var together = new List<Transfer>();
            foreach (var step in trouble.Script.Steps)
            {
                if (step is Command.Send send)
                {
                    together.Add(send.ToTransfer());
                    continue;
                }
                SendTogether();
                if (Do(cluster, step) == Rejection.None && step is Command.Open open) opened.Add(open.Account);
            }
            SendTogether();
            cluster.DeliverLate();

            ClusterAudit.Check(cluster);
            var decided = cluster.Told.Where(told => told.Value.Rejection != Rejection.TransactionIdReused).ToList();
            Assert.Equal(decided.Count, decided.Select(told => told.Key.Id).Distinct().Count());
            foreach (var name in opened) CheckBalance(cluster, AccountId.Parse(name));

            void SendTogether()
            {
                foreach (var ofId in together.Distinct().GroupBy(transfer => transfer.Id))
                    if (ofId.Count() == 1 && chance.Next(8) == 0) cluster.ToGiveUp.Add(ofId.Key);
                cluster.Send([.. together]);
                together.Clear();
                if (chance.Next(2) == 0) cluster.DeliverLate();
            }
        }, tests: 300);

    // Else the properties above would hold of nothing much.
    [Fact]
    public void Random_trouble_reaches_every_kind_of_record_every_step_and_every_answer()
    {
        var kinds = new HashSet<RecordKind>();
        var answers = new HashSet<CreditStatus>();
        var steps = new HashSet<CreditStep>();
        var messages = new HashSet<Type>();
        var bothWays = 0;
        Properties.Hold(Trouble.Any, trouble =>
        {
            var cluster = trouble.Begin(out var chance);
            var fates = cluster.Fates;
            cluster.Fates = message =>
            {
                messages.Add(message.GetType());
                if (message is Message.Orders orders) steps.UnionWith(orders.Items.Select(order => order.Step));
                if (message is Message.Answers given) answers.UnionWith(given.Items.Select(answer => answer.Status));
                return fates?.Invoke(message) ?? Fate.OnTime;
            };
            foreach (var step in trouble.Script.Steps)
            {
                if (step is not Command.Send send) Do(cluster, step);
                else if (chance.Next(8) == 0) cluster.ToGiveUp.Add(send.ToTransfer().Id);
                if (step is Command.Send sent) cluster.Send(sent.ToTransfer());
            }
            cluster.DeliverLate();
            foreach (var node in cluster.Nodes)
            {
                var ofNode = node.Kept.All().Select(each => each.Record).ToList();
                kinds.UnionWith(ofNode.Select(KindOf));
                var legs = ofNode.Where(record => KindOf(record) == RecordKind.DebitLeg)
                    .Select(record => Records.As<LegRecord>(record.AsSpan()).Other);
                var reserved = ofNode.Where(record => KindOf(record) == RecordKind.TransferReserved)
                    .Select(record => Records.As<ReservationRecord>(record.AsSpan()).Payee);
                bothWays += legs.Intersect(reserved).Count();
            }
        });

        Assert.Equal(Enum.GetValues<RecordKind>(), kinds.Order());
        Assert.Equal(Enum.GetValues<CreditStep>(), steps.Order());
        Assert.Equal(Enum.GetValues<CreditStatus>().Where(status => status != CreditStatus.None), answers.Order());
        Assert.Equal(typeof(Message).GetNestedTypes(BindingFlags.NonPublic).Length, messages.Count);
        // Partitions that came together or parted: some of their transfers went by a protocol, others in one commit.
        Assert.NotEqual(0, bothWays);
    }

    private static RecordKind KindOf(byte[] record) => Records.As<RecordHeader>(record.AsSpan()).Kind;

    private static void CheckBalance(Cluster cluster, AccountId id)
    {
        var partition = cluster.NodeOf(id.Value).Partition;
        Assert.True(partition.Directory.TryFind(id, out var number));
        var moved = BigInteger.Zero;
        foreach (var (transfer, _) in cluster.Told.Where(told => told.Value.Rejection == Rejection.None))
        {
            if (transfer.To == id) moved += transfer.Amount.MinorUnits;
            if (transfer.From == id) moved -= transfer.Amount.MinorUnits;
        }
        Assert.True(moved >= 0);
        Assert.Equal(moved, new BigInteger(partition.Accounts[number].Account.Balance));
    }

    private static Rejection Do(Cluster cluster, Command step) => step switch
    {
        Command.Open open => cluster.Open(open.Account, open.Currency),
        Command.Freeze freeze => cluster.Freeze(freeze.Account, freeze.On),
        _ => throw new System.Diagnostics.UnreachableException(),
    };
}
