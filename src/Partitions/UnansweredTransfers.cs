using OrleansWallet.Ledger;

namespace OrleansWallet.Partitions;

/// <summary>Those of a call's transfers that have no answer yet, should they have to be sent again.</summary>
public sealed class UnansweredTransfers(Transfer[] all)
{
    private HashSet<int>? answered;
    // The places among all of those that were sent last; null: all of them.
    private int[]? places;

    /// <summary>How many have no answer.</summary>
    public int Count { get; private set; } = all.Length;

    /// <summary>Those that are to be sent: the answers taken from here on are to these.</summary>
    public Transfer[] Send()
    {
        if (answered is null) return all;
        places = [.. Enumerable.Range(0, all.Length).Where(place => !answered.Contains(place))];
        return Array.ConvertAll(places, place => all[place]);
    }

    /// <summary>Notes answers to those that were sent, and returns them with their places among all.</summary>
    public TransferAnswers Take(TransferAnswers answers)
    {
        Count -= answers.Count;
        if (places is null && answers.Places is null) return answers with { IsLast = Count == 0 };
        int[] among = [.. Enumerable.Range(0, answers.Count).Select(answers.PlaceOf).Select(at => places?[at] ?? at)];
        (answered ??= []).UnionWith(among);
        return answers with { Places = among, IsLast = Count == 0 };
    }
}
