using Xunit.Sdk;

namespace OrleansWallet.Ledger.Tests;

// Every step of a transfer between partitions × who stops there × what becomes of each message × how it ends × which
// partitions commit together. It is generated: a run without faults tells the messages, a run with one message's fate
// tells the steps.
//
// A partition that stops loses its memory, which changes at its own steps only: so each is stopped at its own, and all
// together at every one. A front end is missed only by the answer that comes to it.
internal static partial class CrashMatrix
{
    private const int Payer = 0;
    private const int Payee = 1;
    private const int Home = 2;
    private const int Bystander = 3;
    private const int Partitions = 4;

    private static readonly int[] Database = [Payer, Payee, Home, Bystander];
    private static readonly int[] Everything = [.. Database, Message.FrontEnd];

    public static bool IsInOneCommit(Together together) => together is Together.PayerAndPayee or Together.All;

    // Who stops at which steps; which partition moves there instead, and which message has what fate, -1 for none.
    private sealed record Plan(int[] Steps, int[] Stopped, int Moved, int Message, Fate Fate)
    {
        public static readonly Plan NoFault = new([], [], -1, -1, Fate.OnTime);

        public override string ToString() =>
            $"{string.Join(" and ", Stopped)} at {string.Join(" and ", Steps)}; {Moved} moves; message {Message} {Fate}";
    }

    // Whose step it is, and whether it tells the caller the outcome.
    internal readonly record struct Step(int Node, bool Tells);

    // What happened in a run: how many messages, which of them the front end's, and the steps.
    internal sealed record Course(int Messages, IReadOnlySet<int> FrontEnds, IReadOnlyList<Step> Steps);

    // All runs of a case, counted by what they are.
    public static Course RunAll(Case tried, Dictionary<string, int> runs)
    {
        var undisturbed = Run(tried, Plan.NoFault);
        foreach (var plan in FatesOf(tried, undisturbed))
        {
            var reached = Run(tried, plan);
            Count("messages' fates");
            foreach (var stop in StopsIn(plan, reached)) RunAndCount(stop, "stops");
            if (tried.Together == Together.Nobody || (plan.Message >= 0 && !IsInOneCommit(tried.Together))) continue;
            foreach (var stop in StopsOfOthersIn(tried, plan, reached)) RunAndCount(stop, "stops of others");
        }
        foreach (var twice in StopsTwiceIn(tried, undisturbed.Steps.Count)) RunAndCount(twice, "stops in a recovery");
        foreach (var protocol in IsInOneCommit(tried.Together) ? Enum.GetValues<TransferProtocol>() : [tried.Protocol])
        {
            foreach (var move in MovesIn(undisturbed.Steps.Count))
            {
                Run(tried with { Protocol = protocol }, move);
                Count("moves");
            }
        }
        return undisturbed;

        void RunAndCount(Plan plan, string kind)
        {
            Run(tried, plan);
            Count(kind);
        }

        void Count(string kind) => runs[kind] = runs.GetValueOrDefault(kind) + 1;
    }

    // How many stops show that a host does something wrong.
    public static int FaultsFound(Case wrong)
    {
        var faults = 0;
        foreach (var plan in StopsIn(Plan.NoFault, Run(wrong, Plan.NoFault)))
        {
            try
            {
                Run(wrong, plan);
            }
            catch (InvalidOperationException e) when (e.InnerException is XunitException or ChannelFaultException)
            {
                faults++;
            }
        }
        return faults;
    }

    // What a test prints of its runs.
    public static string Tell(string tried, List<Course> courses, Dictionary<string, int> runs)
    {
        var counts = string.Join(", ", runs.Select(count => $"{count.Value:N0} of {count.Key}"));
        var messages = string.Join(" and ", courses.Select(course => course.Messages));
        var steps = string.Join(" and ", courses.Select(course => course.Steps.Count));
        return $"{tried}: {messages} messages, {steps} steps; runs: {counts}.";
    }

    private static IEnumerable<Plan> FatesOf(Case tried, Course course)
    {
        yield return Plan.NoFault;
        for (var message = 0; message < course.Messages; message++)
        {
            if (!IsOfBoth(tried.Together) && !course.FrontEnds.Contains(message)) continue;
            foreach (var fate in Enum.GetValues<Fate>())
                if (fate != Fate.OnTime) yield return Plan.NoFault with { Message = message, Fate = fate };
        }
    }

    private static IEnumerable<Plan> StopsIn(Plan fate, Course course)
    {
        for (var step = 0; step < course.Steps.Count; step++)
        {
            var (node, tells) = course.Steps[step];
            yield return fate with { Steps = [step], Stopped = [node] };
            yield return fate with { Steps = [step], Stopped = Everything };
            if (tells) yield return fate with { Steps = [step], Stopped = [Message.FrontEnd] };
        }
    }

    // Where a process has several partitions, one stops at steps of another. So these stop at every step: the database,
    // and with it all that waits for it, the front end, and the home's process, where that is apart.
    private static IEnumerable<Plan> StopsOfOthersIn(Case tried, Plan fate, Course course)
    {
        var processes = ProcessesOf(tried.Together);
        for (var step = 0; step < course.Steps.Count; step++)
        {
            var (node, tells) = course.Steps[step];
            yield return fate with { Steps = [step], Stopped = Database };
            if (!tells) yield return fate with { Steps = [step], Stopped = [Message.FrontEnd] };
            if (processes[node] != processes[Home]) yield return fate with { Steps = [step], Stopped = [Home] };
        }
    }

    // In the recovery from a stop, at any step; where the home alone is with one of the two, at the next few.
    private static IEnumerable<Plan> StopsTwiceIn(Case tried, int steps)
    {
        var (apart, few) = (steps + 8, 4);
        for (var first = 0; first < steps; first++)
        {
            var end = IsOfBoth(tried.Together) ? apart : first + 1 + few;
            for (var second = first + 1; second < end; second++)
                yield return Plan.NoFault with { Steps = [first, second], Stopped = Everything };
        }
    }

    // One moves, and stays, or goes back a few steps later.
    private static IEnumerable<Plan> MovesIn(int steps)
    {
        for (var step = 0; step < steps; step++)
        {
            foreach (var moved in new[] { Payer, Payee, Home })
            {
                yield return Plan.NoFault with { Steps = [step], Moved = moved };
                yield return Plan.NoFault with { Steps = [step, step + 3], Moved = moved };
            }
        }
    }

    // Whether payer and payee, as to who commits with whom, are the same: both alone, or both with the other.
    private static bool IsOfBoth(Together together) => together == Together.Nobody || IsInOneCommit(together);
}
