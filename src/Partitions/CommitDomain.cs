using OrleansWallet.Storage.Partitions;

namespace OrleansWallet.Partitions;

/// <summary>
/// Partitions of this process that commit together. One loop touches their states: it takes what has come in for any
/// of them, decides, writes all their batches in one commit, and answers when that is durable, while it works on the
/// next. So a transfer between two of them needs no protocol: both its legs are in one commit. Should anything fail,
/// the whole domain ends, and its partitions are activated anew from their journals.
/// </summary>
internal sealed class CommitDomain
{
    // So many pieces of work are done before the bytes are counted again.
    private const int CountEvery = 16;

    private readonly IPartitionJournal journal;
    private readonly int bytesMax;
    private readonly Action<int> setApart;
    private readonly Action<string> notice;
    private readonly PartitionHost?[] hosts;
    private readonly Inbox<(PartitionHost Host, Action<Turn> Work)> inbox = new();
    private readonly Queue<(PartitionHost Host, Action<Turn> Work)> deferred = new();
    private readonly List<PartitionHost> leaving = [];
    private Queue<(PartitionHost Host, Action<Turn> Work)> taken = new();
    private Turn staged = new(0);
    private Turn committing = new(1);
    private Task? commit;
    private long deferredIn = -1;
    private volatile bool isOver;
    private PartitionHost? atWork;

    /// <param name="journal">Where its partitions' journals lie, all on one server.</param>
    /// <param name="options">The limits.</param>
    /// <param name="setApart">Told which partition's work ended the domain.</param>
    /// <param name="notice">Told why it ended.</param>
    public CommitDomain(
        IPartitionJournal journal, PartitionOptions options, Action<int> setApart, Action<string> notice)
    {
        (this.journal, this.setApart, this.notice) = (journal, setApart, notice);
        bytesMax = options.CommitBytesMax;
        hosts = new PartitionHost?[journal.PartitionCount];
        staged.Begin();
        Ended = Task.Run(RunAsync);
    }

    /// <summary>Done when it has ended, because something failed.</summary>
    public Task Ended { get; }

    /// <summary>Why it ended.</summary>
    public Exception? Fault { get; private set; }

    /// <summary>Has something done in a partition's turn. Any thread.</summary>
    public void Post(PartitionHost host, Action<Turn> work)
    {
        inbox.Add((host, work));
        // It may have come after the last look into the inbox.
        if (isOver) host.End(Fault);
    }

    /// <summary>Takes a partition in. What an older one of that number still does, ends the domain.</summary>
    public void Join(PartitionHost host) => Post(host, turn =>
    {
        hosts[host.Number]?.End(null);
        hosts[host.Number] = host;
        host.Resume(turn);
    });

    /// <summary>Lets a partition go as soon as all it has staged is durable.</summary>
    public void Leave(PartitionHost host) => Post(host, _ => leaving.Add(host));

    /// <summary>The partition of that number, if it is here. In a turn only.</summary>
    public PartitionHost? Near(int partition) => hosts[partition] is { IsWorking: true } host ? host : null;

    /// <summary>The same, or one that is leaving.</summary>
    public PartitionHost? Here(int partition) => hosts[partition];

    /// <summary>Puts off to the next commit what finds no room in this. In a turn only.</summary>
    public void Defer(PartitionHost host, Action<Turn> work)
    {
        deferred.Enqueue((host, work));
        deferredIn = staged.Number;
    }

    private bool IsFull => deferred.Count > 0 && deferredIn == staged.Number;

    private bool IsLarge => staged.Bytes > bytesMax;

    private bool CanCommit => commit is null && !staged.IsEmpty;

    private async Task RunAsync()
    {
        try
        {
            while (true)
            {
                if (commit is { IsCompleted: true })
                {
                    await commit.ConfigureAwait(false);
                    commit = null;
                    committing.Answer();
                }
                if (CanCommit) BeginCommit();
                Work();
                LetGo();
                if (CanCommit || commit is { IsCompleted: true }) continue;
                // A commit that ends rings the bell too.
                if (commit is not null && (IsFull || IsLarge))
                    await commit.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                else
                    await inbox.WaitAsync().ConfigureAwait(false);
            }
        }
        catch (Exception e)
        {
            Fault = e;
            if (e is PartitionFencedException fenced) setApart(fenced.Partition);
            else if (atWork is { } host) setApart(host.Number);
            notice($"{hosts.Count(host => host is not null)} partitions that commit together begin anew: {e.Message}");
        }
        isOver = true;
        foreach (var host in hosts) host?.End(Fault);
        // Those that come too late.
        while (inbox.TryTake(ref taken))
            while (taken.TryDequeue(out var late)) late.Host.End(Fault);
    }

    // Does what has come, until the commit under way has ended or this one is large enough.
    private void Work()
    {
        for (var count = 1; !IsFull && commit is not { IsCompleted: true }; count++)
        {
            if (deferred.Count > 0) Do(deferred.Dequeue());
            else if (taken.TryDequeue(out var item)) Do(item);
            else if (!inbox.TryTake(ref taken)) break;
            if (count % CountEvery == 0 && IsLarge) break;
        }
        staged.ReadLate();
    }

    private void Do((PartitionHost Host, Action<Turn> Work) item)
    {
        // A partition that leaves does nothing more; its callers hear of that when it has left.
        if (item.Host.HasEnded || leaving.Contains(item.Host)) return;
        atWork = item.Host;
        item.Work(staged);
        atWork = null;
    }

    private void BeginCommit()
    {
        (staged, committing) = (committing, staged);
        commit = CommitAsync(committing);
        staged.Begin();
        if (commit.IsCompleted) return;
        _ = commit.ContinueWith(
            static (_, inbox) => (inbox as Inbox<(PartitionHost, Action<Turn>)>)?.Ring(), inbox,
            CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
    }

    private Task CommitAsync(Turn turn)
    {
        var written = new List<PartitionHost>(turn.Hosts.Count);
        foreach (var host in turn.Hosts)
            if (host.EndBatch(turn)) written.Add(host);
        turn.NoteSettled();
        if (written.Count == 0) return Task.CompletedTask;
        // Hashing and sending is for other threads: this one goes on with the next.
        return Task.Run(() =>
        {
            var batches = new PartitionBytes[written.Count];
            Parallel.For(0, batches.Length, number => batches[number] = written[number].Seal(turn));
            return journal.AppendTogetherAsync(batches);
        });
    }

    private void LetGo()
    {
        for (var i = leaving.Count - 1; i >= 0; i--)
        {
            var host = leaving[i];
            if (staged.Hosts.Contains(host) || (commit is not null && committing.Hosts.Contains(host))) continue;
            leaving.RemoveAt(i);
            if (hosts[host.Number] == host) hosts[host.Number] = null;
            host.End(null);
        }
    }
}
