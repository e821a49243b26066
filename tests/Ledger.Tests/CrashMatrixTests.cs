using Xunit.Abstractions;
using Xunit.Sdk;

namespace OrleansWallet.Ledger.Tests;

// Every step of a transfer between partitions × who stops there × what becomes of each message × how it ends. It is
// generated: a run without faults tells the messages, a run with one message's fate tells the steps.
//
// A partition that stops loses its memory, which changes at its own steps only: so each is stopped at its own, and all
// together at every one. A front end is missed only by the answer that comes to it.
public sealed class CrashMatrixTests(ITestOutputHelper output)
{
    private const int Payer = 0;
    private const int Payee = 1;
    private const int Home = 2;
    private const int Bystander = 3;
    private const int Partitions = 4;

    private static readonly int[] Everything = [Payer, Payee, Home, Bystander, Message.FrontEnd];
    private static readonly string Alice = NameIn(Payer, "alice");
    private static readonly string Bob = NameIn(Payee, "bob");
    private static readonly string Nobody = NameIn(Payee, "nobody");
    private static readonly string Carol = NameIn(Bystander, "carol");
    private static readonly string Dave = NameIn(Bystander, "dave");
    private static readonly byte[][] Beginning = Begin();

    public enum Ending
    {
        Success,
        RefusedByPayer,
        RefusedByPayee,
        IdTaken,
        GivenUp,
    }

    // Who stops at which steps; which message has what fate, -1 for none.
    private sealed record Plan(int[] Steps, int[] Stopped, int Message, Fate Fate)
    {
        public static readonly Plan NoFault = new([], [], -1, Fate.OnTime);

        public override string ToString() =>
            $"{string.Join(" and ", Stopped)} at {string.Join(" and ", Steps)}; message {Message} {Fate}";
    }

    // Whose step it is, and whether it tells the caller the outcome.
    private readonly record struct Step(int Node, bool Tells);

    public static TheoryData<TransferProtocol, Ending> All
    {
        get
        {
            var all = new TheoryData<TransferProtocol, Ending>();
            foreach (var protocol in Enum.GetValues<TransferProtocol>())
                foreach (var ending in Enum.GetValues<Ending>()) all.Add(protocol, ending);
            return all;
        }
    }

    [Theory, MemberData(nameof(All))]
    public void Wherever_anything_stops_and_whatever_becomes_of_a_message_there_is_one_outcome(
        TransferProtocol protocol, Ending ending)
    {
        var (messages, steps) = Run(protocol, ending, Plan.NoFault);
        var runs = new Dictionary<string, int>();
        foreach (var plan in FatesOf(messages))
        {
            var reached = Run(protocol, ending, plan).Steps;
            Count("messages' fates");
            foreach (var stop in StopsIn(plan, reached))
            {
                Run(protocol, ending, stop);
                Count("stops");
            }
        }
        foreach (var twice in StopsTwiceIn(steps.Count))
        {
            Run(protocol, ending, twice);
            Count("stops in a recovery");
        }
        var counts = string.Join(", ", runs.Select(count => $"{count.Value:N0} of {count.Key}"));
        output.WriteLine($"{protocol}, {ending}: {messages} messages, {steps.Count} steps; runs: {counts}.");

        void Count(string kind) => runs[kind] = runs.GetValueOrDefault(kind) + 1;
    }

    [Theory]
    [InlineData(TransferProtocol.Tcc)]
    [InlineData(TransferProtocol.Saga)]
    public void A_host_that_sends_before_its_records_are_durable_is_found_out(TransferProtocol protocol)
    {
        var faults = 0;
        foreach (var plan in StopsIn(Plan.NoFault, Run(protocol, Ending.Success, Plan.NoFault).Steps))
        {
            try
            {
                Run(protocol, Ending.Success, plan, sendsBeforeItWrites: true);
            }
            catch (InvalidOperationException e) when (e.InnerException is XunitException or ChannelFaultException)
            {
                faults++;
            }
        }
        Assert.NotEqual(0, faults);
    }

    private static IEnumerable<Plan> FatesOf(int messages)
    {
        yield return Plan.NoFault;
        for (var message = 0; message < messages; message++)
            foreach (var fate in Enum.GetValues<Fate>())
                if (fate != Fate.OnTime) yield return Plan.NoFault with { Message = message, Fate = fate };
    }

    private static IEnumerable<Plan> StopsIn(Plan fate, IReadOnlyList<Step> steps)
    {
        for (var step = 0; step < steps.Count; step++)
        {
            yield return fate with { Steps = [step], Stopped = [steps[step].Node] };
            yield return fate with { Steps = [step], Stopped = Everything };
            if (steps[step].Tells) yield return fate with { Steps = [step], Stopped = [Message.FrontEnd] };
        }
    }

    private static IEnumerable<Plan> StopsTwiceIn(int steps)
    {
        for (var first = 0; first < steps; first++)
            for (var second = first + 1; second < steps + 8; second++)
                yield return Plan.NoFault with { Steps = [first, second], Stopped = Everything };
    }

    private static (int Messages, IReadOnlyList<Step> Steps) Run(
        TransferProtocol protocol, Ending ending, Plan plan, bool sendsBeforeItWrites = false)
    {
        var (messages, isOver) = (0, false);
        var steps = new List<Step>();
        var cluster = new Cluster(Partitions, protocol, Beginning)
        {
            SendsBeforeItWrites = sendsBeforeItWrites,
            Fates = message =>
            {
                var fate = !isOver && messages++ == plan.Message ? plan.Fate : Fate.OnTime;
                // What was withdrawn begins anew, like any other.
                isOver |= message is Message.Outcome { Told.Rejection: Rejection.Unavailable };
                return fate;
            },
            Stops = (node, message, _) =>
            {
                if (isOver) return [];
                steps.Add(new Step(node.Number, message is Message.Outcome));
                return plan.Steps.Contains(steps.Count - 1) ? plan.Stopped : [];
            },
        };
        try
        {
            var sent = SentIn(ending);
            if (ending == Ending.GivenUp) cluster.ToGiveUp.Add(sent[0].Id);
            cluster.Send(sent);
            isOver = true;
            // The channel goes on, the states of what is settled are dropped, and then comes what was held up.
            cluster.Send(Move(IdAt(Home, 1), Alice, Bob, 1));
            cluster.DeliverLate();
            cluster.Send(sent);
            CheckEnd(cluster, ending, sent);
            ClusterAudit.Check(cluster);
        }
        catch (Exception e)
        {
            throw new InvalidOperationException($"{protocol}, {ending}: {plan}: {e.Message}", e);
        }
        return (messages, steps);
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
