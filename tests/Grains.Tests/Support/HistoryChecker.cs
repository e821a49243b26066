using OrleansWallet.Ledger;

namespace OrleansWallet.Grains.Tests.Support;

// What an operation found or made of one account: the account's balance and version after it.
internal sealed record Observed(AccountId Account, long Version, long Balance);

// One operation of one client. A transfer wrote the versions it names, a read saw them.
internal sealed record Operation(
    string Name, TimeSpan Invoked, TimeSpan Answered, bool IsWrite, IReadOnlyList<Observed> Seen, long Amount = 0);

// Whether a history has one order of its operations that explains all answers and that agrees with real time: strict
// serializability. Each account's versions are its order of writes; a read stands after the write that it saw and
// before the next. With "answered before the other was invoked", that is a graph: it must have no circle. The idea is
// that of K. Kingsbury and P. Alvaro, "Elle: Inferring Isolation Anomalies from Experimental Observations", 2020.
internal static class HistoryChecker
{
    // Null where all is well; else what is wrong.
    public static string? Check(IReadOnlyList<Operation> history, IReadOnlyDictionary<AccountId, Observed> start)
    {
        var edges = new List<int>[2 * history.Count];
        for (var i = 0; i < edges.Length; i++) edges[i] = [];
        foreach (var (account, first) in start)
            if (Link(history, edges, account, first) is { } fault) return fault;
        LinkTime(history, edges);
        return FindCircle(edges) is { } circle
            ? "A circle: " + string.Join(" -> ", circle.Where(i => i < history.Count).Select(i => history[i].Name))
            : null;
    }

    private static string? Link(
        IReadOnlyList<Operation> history, List<int>[] edges, AccountId account, Observed start)
    {
        var writes = new SortedDictionary<long, (int Place, Observed Seen)>();
        for (var i = 0; i < history.Count; i++)
        {
            if (!history[i].IsWrite) continue;
            foreach (var seen in history[i].Seen.Where(seen => seen.Account == account))
                if (!writes.TryAdd(seen.Version, (i, seen)))
                    return $"{history[i].Name} and {history[writes[seen.Version].Place].Name} both wrote {seen}.";
        }
        var balances = new Dictionary<long, long> { [start.Version] = start.Balance };
        var version = start.Version;
        foreach (var (place, seen) in writes.Values)
        {
            if (seen.Version != ++version) return $"{account} has no version {version}, but {seen.Version}.";
            var isDebit = history[place].Seen[0] == seen;
            var expected = balances[version - 1] + (isDebit ? -history[place].Amount : history[place].Amount);
            if (seen.Balance != expected) return $"{history[place].Name} left {seen}, not {expected}.";
            balances.Add(version, seen.Balance);
            if (writes.TryGetValue(version - 1, out var before)) edges[before.Place].Add(place);
        }
        for (var i = 0; i < history.Count; i++)
        {
            if (history[i].IsWrite) continue;
            foreach (var seen in history[i].Seen.Where(seen => seen.Account == account))
            {
                if (!balances.TryGetValue(seen.Version, out var balance) || balance != seen.Balance)
                    return $"{history[i].Name} saw {seen}, which never was.";
                if (writes.TryGetValue(seen.Version, out var write)) edges[write.Place].Add(i);
                if (writes.TryGetValue(seen.Version + 1, out var next)) edges[i].Add(next.Place);
            }
        }
        return null;
    }

    // A node for each answer's moment, in a row: an operation leads to its answer's, and a moment to all operations
    // invoked after it.
    private static void LinkTime(IReadOnlyList<Operation> history, List<int>[] edges)
    {
        var byAnswer = Enumerable.Range(0, history.Count).OrderBy(i => history[i].Answered).ToArray();
        for (var at = 0; at < byAnswer.Length; at++)
        {
            edges[byAnswer[at]].Add(history.Count + at);
            if (at > 0) edges[history.Count + at - 1].Add(history.Count + at);
        }
        var answers = byAnswer.Select(i => history[i].Answered).ToList();
        for (var i = 0; i < history.Count; i++)
        {
            // The last answer before the invocation.
            var at = answers.BinarySearch(history[i].Invoked);
            at = at < 0 ? ~at - 1 : at - 1;
            while (at >= 0 && answers[at] >= history[i].Invoked) at--;
            if (at >= 0) edges[history.Count + at].Add(i);
        }
    }

    // Depth first, without recursion: a history is long.
    private static List<int>? FindCircle(List<int>[] edges)
    {
        var state = new byte[edges.Length];
        for (var root = 0; root < edges.Length; root++)
        {
            if (state[root] != 0) continue;
            var path = new List<int> { root };
            var next = new Stack<int>([0]);
            state[root] = 1;
            while (path.Count > 0)
            {
                var node = path[^1];
                var at = next.Pop();
                if (at == edges[node].Count)
                {
                    state[node] = 2;
                    path.RemoveAt(path.Count - 1);
                    continue;
                }
                next.Push(at + 1);
                var to = edges[node][at];
                if (state[to] == 1) return [.. path[path.IndexOf(to)..], to];
                if (state[to] == 2) continue;
                state[to] = 1;
                path.Add(to);
                next.Push(0);
            }
        }
        return null;
    }
}
