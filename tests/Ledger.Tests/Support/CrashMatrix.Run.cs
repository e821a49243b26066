namespace OrleansWallet.Ledger.Tests;

// One run of the matrix: a transfer, what goes wrong with it, and what must be true afterwards.
internal static partial class CrashMatrix
{
    private static readonly string Alice = NameIn(Payer, "alice");
    private static readonly string Bob = NameIn(Payee, "bob");
    private static readonly string Nobody = NameIn(Payee, "nobody");
    private static readonly string Carol = NameIn(Bystander, "carol");
    private static readonly string Dave = NameIn(Bystander, "dave");
    private static readonly byte[][] Beginning = Begin();

    // What a host does wrong on purpose.
    internal enum Wrong
    {
        Nothing,
        SendsBeforeItWrites,
        WritesOneByOne,
    }

    internal sealed record Case(Together Together, TransferProtocol Protocol, Ending Ending)
    {
        public Wrong Wrong { get; init; }
    }

    // Of payer, payee, home and bystander.
    private static int[] ProcessesOf(Together together) => together switch
    {
        Together.Nobody => [0, 1, 2, 3],
        Together.PayerAndPayee => [0, 0, 2, 3],
        Together.PayerAndHome => [0, 1, 0, 3],
        Together.PayeeAndHome => [0, 1, 1, 3],
        Together.All => [0, 0, 0, 3],
        _ => throw new System.Diagnostics.UnreachableException(),
    };

    private static Course Run(Case tried, Plan plan)
    {
        var (messages, isOver) = (0, false);
        var frontEnds = new HashSet<int>();
        var steps = new List<Step>();
        var cluster = new Cluster(Partitions, tried.Protocol, Beginning, ProcessesOf(tried.Together))
        {
            SendsBeforeItWrites = tried.Wrong == Wrong.SendsBeforeItWrites,
            WritesOneByOne = tried.Wrong == Wrong.WritesOneByOne,
        };
        cluster.Fates = message =>
        {
            if (!isOver && message is Message.Request or Message.Outcome) frontEnds.Add(messages);
            var fate = !isOver && messages++ == plan.Message ? plan.Fate : Fate.OnTime;
            // What was withdrawn begins anew, like any other.
            isOver |= message is Message.Outcome { Told.Rejection: Rejection.Unavailable };
            return fate;
        };
        cluster.Stops = (node, message, _) =>
        {
            if (isOver) return [];
            steps.Add(new Step(node.Number, message is Message.Outcome));
            return plan.Steps.Contains(steps.Count - 1) ? plan.Stopped : [];
        };
        if (plan.Moved >= 0)
        {
            cluster.Moves = (_, _) => !isOver && plan.Steps.Contains(steps.Count - 1)
                ? (plan.Moved, ProcessAfter(cluster, plan.Moved))
                : null;
        }
        try
        {
            var sent = SentIn(tried.Ending);
            if (tried.Ending == Ending.GivenUp) cluster.ToGiveUp.Add(sent[0].Id);
            cluster.Send(sent);
            isOver = true;
            // The channel goes on, the states of what is settled are dropped, and then comes what was held up.
            cluster.Send(Move(IdAt(Home, 1), Alice, Bob, 1));
            cluster.DeliverLate();
            cluster.Send(sent);
            CheckEnd(cluster, tried.Ending, sent);
            ClusterAudit.Check(cluster);
        }
        catch (Exception e)
        {
            throw new InvalidOperationException($"{tried}: {plan}: {e.Message}", e);
        }
        return new Course(messages, frontEnds, steps);
    }

    // One that is with others goes to a process of its own; one that is alone comes to the payer's, the payer to the
    // payee's.
    private static int ProcessAfter(Cluster cluster, int partition)
    {
        var isAlone = Database.All(other => other == partition || !cluster.AreTogether(other, partition));
        return isAlone ? cluster.ProcessOf(partition == Payer ? Payee : Payer) : Partitions + partition;
    }

    private static Transfer[] SentIn(Ending ending)
    {
        var id = IdAt(Home, 0);
        return ending switch
        {
            Ending.Success or Ending.GivenUp => [Move(id, Alice, Bob, 40)],
            Ending.RefusedByPayer => [Move(id, Alice, Bob, 4000)],
            Ending.RefusedByPayee => [Move(id, Alice, Nobody, 40)],
            Ending.IdTaken => [Move(id, Carol, Dave, 40), Move(id, Alice, Bob, 40)],
            _ => throw new System.Diagnostics.UnreachableException(),
        };
    }

    private static void CheckEnd(Cluster cluster, Ending ending, Transfer[] sent)
    {
        var outcomes = sent.Select(transfer => cluster.Told[transfer].Rejection).Order().ToArray();
        Rejection[] expected = ending switch
        {
            Ending.RefusedByPayer => [Rejection.InsufficientFunds],
            Ending.RefusedByPayee => [Rejection.AccountNotFound],
            Ending.IdTaken => [Rejection.None, Rejection.TransactionIdReused],
            _ => [Rejection.None],
        };
        Assert.Equal(expected, outcomes);
        foreach (var name in new[] { Alice, Bob, Carol, Dave })
        {
            var account = AccountId.Parse(name);
            var moved = cluster.Told.Where(told => told.Value.Rejection == Rejection.None).Sum(told =>
                told.Key.To == account ? told.Key.Amount.MinorUnits
                : told.Key.From == account ? -told.Key.Amount.MinorUnits : 0);
            Assert.Equal((name == Alice || name == Carol ? 100 : 0) + moved, BalanceOf(cluster, account));
        }
    }

    private static long BalanceOf(Cluster cluster, AccountId account)
    {
        var partition = cluster.NodeOf(account.Value).Partition;
        Assert.True(partition.Directory.TryFind(account, out var number));
        return partition.Accounts[number].Account.Balance;
    }

    private static byte[][] Begin()
    {
        var cluster = new Cluster(Partitions, TransferProtocol.Saga);
        cluster.OpenSettlement("USD");
        foreach (var name in new[] { Alice, Bob, Carol, Dave }) cluster.Open(name, "USD");
        cluster.Send(
            Move(IdAt(Payer, 7), "settlement:USD", Alice, 100), Move(IdAt(Bystander, 7), "settlement:USD", Carol, 100));
        return cluster.Journals;
    }

    private static Transfer Move(TransactionId id, string from, string to, long amount) =>
        new(id, AccountId.Parse(from), AccountId.Parse(to), new Money(amount, Currency.Parse("USD")));

    private static string NameIn(int partition, string name) => Enumerable.Range(0, 1000)
        .Select(i => name + i)
        .First(each => Placement.PartitionOf(AccountId.Parse(each), Partitions) == partition);

    private static TransactionId IdAt(int home, int which) => Enumerable.Range(1, 1000)
        .Select(Command.IdOf)
        .Where(id => Placement.HomeOf(id, Partitions) == home)
        .ElementAt(which);
}
