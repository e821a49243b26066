namespace OrleansWallet.Cli.Load;

/// <summary>What became of one worker's transfers; only that worker writes to it.</summary>
internal sealed class LoadTally
{
    private readonly Dictionary<string, long> rejected = [];
    private long success;

    /// <summary>Answered as success; read by the display at any time.</summary>
    public long Success => Volatile.Read(ref success);

    /// <summary>Of these, answered as decided by an earlier request.</summary>
    public long Replayed { get; private set; }

    /// <summary>Of these, moved money in this run.</summary>
    public long Moved { get; private set; }

    /// <summary>Answered as replayed, though sent once and never before.</summary>
    public long ReplayedWrongly { get; private set; }

    /// <summary>Neither success nor a refusal.</summary>
    public long Failed { get; private set; }

    /// <summary>What the first failure was.</summary>
    public string? FirstFailure { get; private set; }

    /// <summary>Refused for ever, by code.</summary>
    public IReadOnlyDictionary<string, long> Rejected => rejected;

    /// <summary>Answers told to come again later.</summary>
    public long Overloaded { get; set; }

    /// <summary>Requests sent again because a connection broke.</summary>
    public long Resent { get; set; }

    /// <summary>How long each request took, from its first sending to its answer.</summary>
    public LatencyHistogram Latency { get; } = new();

    /// <summary>Counts a success.</summary>
    public void Succeeded(bool replayed, bool moved)
    {
        Volatile.Write(ref success, success + 1);
        if (replayed) Replayed++;
        if (moved) Moved++;
    }

    /// <summary>Counts a success that can't be.</summary>
    public void SucceededWrongly() => ReplayedWrongly++;

    /// <summary>Counts a refusal.</summary>
    public void Refused(string code, long count = 1) => rejected[code] = rejected.GetValueOrDefault(code) + count;

    /// <summary>Counts transfers without a known outcome.</summary>
    public void Failure(string what, long count)
    {
        Failed += count;
        FirstFailure ??= what;
    }

    /// <summary>Adds another's counts.</summary>
    public void Add(LoadTally other)
    {
        success += other.success;
        Replayed += other.Replayed;
        Moved += other.Moved;
        ReplayedWrongly += other.ReplayedWrongly;
        if (other.FirstFailure is { } what) Failure(what, other.Failed);
        foreach (var (code, count) in other.rejected) Refused(code, count);
        Overloaded += other.Overloaded;
        Resent += other.Resent;
        Latency.Add(other.Latency);
    }
}
