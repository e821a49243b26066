using OrleansWallet.Ledger;
using OrleansWallet.Storage.Partitions;

namespace OrleansWallet.Partitions;

/// <summary>
/// Hosts one partition over its journal, in a <see cref="CommitDomain"/> with others of this process, whose loop alone
/// touches the state. Whatever it hands out is durable.
/// </summary>
public sealed partial class PartitionHost : IPartition, IAsyncDisposable
{
    private readonly Partition partition;
    private readonly KnownIds ids;
    private readonly Membership membership;
    private readonly CommitDomain domain;
    private readonly IPartitionJournal journal;
    private readonly IPartitionPeers peers;
    private readonly PartitionOptions options;
    private readonly TimeProvider time;
    private readonly IPartitionSnapshots snapshots;
    private readonly Action<string> notice;
    private readonly CancellationTokenSource stopping = new();
    private readonly PeerLink[] links;
    private readonly RecordBuffer[] buffers;
    private readonly HashSet<ICall> calls = [];
    private readonly TaskCompletionSource ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private PartitionPoint point;
    private long worksOn;
    private volatile Exception? fault;
    private volatile bool isStopping;
    private int waiting;
    private long snapshotAt;
    private Action<Stream>? dueImage;
    private PartitionPoint dueAt;
    private long dueEvents;
    private Task snapshot = Task.CompletedTask;

    private PartitionHost(RecoveredPartition recovered, PartitionServices services)
    {
        (partition, ids, membership, point) =
            (recovered.Partition, recovered.Ids, recovered.Membership, recovered.Point);
        (journal, peers, options, time) = (services.Journal, services.Peers, services.Options, services.Time);
        (snapshots, notice, buffers) = (services.Snapshots, services.Notice, recovered.Buffers);
        snapshotAt = recovered.SnapshotEvents + options.SnapshotEveryEvents;
        links = [.. Enumerable.Range(0, membership.Partitions).Select(other => new PeerLink(this, other))];
        foreach (var link in links.Where(link => link.Partition != membership.Number))
            link.SettledBelow = SettledBelowOf(link);
        domain = services.Domains.Of(membership.Number);
        domain.Join(this);
    }

    /// <summary>The partition's number.</summary>
    public int Number => membership.Number;

    /// <summary>Why it stopped by itself; null while it works. Its journal may go on elsewhere.</summary>
    public Exception? Fault => fault;

    /// <summary>Whether it takes work.</summary>
    public bool IsWorking => !isStopping && !ended.Task.IsCompleted;

    /// <summary>Done when the host has ended, by itself or because it was told to.</summary>
    public Task Ended => ended.Task;

    internal bool HasEnded => ended.Task.IsCompleted;

    /// <summary>
    /// Makes the state from the newest snapshot and the journal behind it, keeps older activations from writing, and
    /// begins to work: what was under way is sent again.
    /// </summary>
    public static async Task<PartitionHost> StartAsync(int number, PartitionServices services)
    {
        var recovered = await RecoveredPartition.LoadAsync(number, services).ConfigureAwait(false);
        return new PartitionHost(recovered, services);
    }

    /// <summary>
    /// Takes no more work, ends what is being written, and lets go of those who wait for more: what is under way goes
    /// on with the next activation.
    /// </summary>
    public Task StopAsync()
    {
        lock (calls)
        {
            if (isStopping) return ended.Task;
            isStopping = true;
        }
        domain.Leave(this);
        return ended.Task;
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await StopAsync().ConfigureAwait(false);
        await stopping.CancelAsync().ConfigureAwait(false);
        await snapshot.ConfigureAwait(false);
        stopping.Dispose();
    }

    private long NowMicros => Partition.ToMicros(time.GetUtcNow());

    /// <summary>Where this partition's records of a turn go.</summary>
    internal RecordBuffer RecordsOf(Turn turn)
    {
        var records = buffers[turn.Index];
        if (worksOn == turn.Number) return records;
        worksOn = turn.Number;
        records.Reset(RecordPlace.FirstOf(point.Sequence + 1));
        turn.Hosts.Add(this);
        return records;
    }

    /// <summary>In its first turn: what was under way is sent again.</summary>
    internal void Resume(Turn turn)
    {
        foreach (var transfer in partition.UnderWay())
        {
            links[transfer.Payee].Orders.Add(transfer.Number);
            turn.Flush(links[transfer.Payee]);
        }
    }

    /// <summary>
    /// Ends the batch of a turn, if there is one, and keeps the state behind it if a snapshot is due.
    /// </summary>
    internal void Seal(Turn turn, List<PartitionBytes> batches)
    {
        var records = RecordsOf(turn);
        if (records.Count == 0) return;
        var batch = records.FramedMemory();
        point = PartitionBatch.SealRecords(batch.Span, point, records.Count);
        batches.Add(new PartitionBytes(Number, point.Sequence, batch));
        if (partition.Sequence < snapshotAt) return;
        snapshotAt = long.MaxValue;
        var (known, capture) = (ids.Copy(), partition.BeginCapture());
        while (!capture.CopySome(int.MaxValue))
        {
            // All of it at once: a partition is a part of the ledger.
        }
        (dueAt, dueEvents) = (point, partition.Sequence);
        dueImage = image => RecoveredPartition.Write(image, known, capture);
    }

    /// <summary>The batch is durable: if a snapshot of the state behind it is due, it is written now.</summary>
    internal void WriteSnapshotIfDue()
    {
        if (dueImage is not { } image) return;
        dueImage = null;
        snapshot = WriteSnapshotAsync(dueAt, dueEvents, image);
    }

    /// <summary>The number below which all transfers of the link are settled, as the state stands.</summary>
    internal long SettledBelowOf(PeerLink link) =>
        partition.WriteOrders(link.Partition, [], [], out _).SettledBelow;

    /// <summary>It has left its domain, or the domain has ended: nobody is answered any more.</summary>
    internal void End(Exception? why)
    {
        fault ??= why;
        ICall[] open;
        lock (calls)
        {
            isStopping = true;
            open = [.. calls];
        }
        ended.TrySetResult();
        foreach (var call in open) call.Fail(Stopped());
    }

    internal void Forget(ICall call)
    {
        lock (calls) calls.Remove(call);
    }

    private PartitionUnavailableException Stopped() =>
        new($"Partition {Number} has stopped: {fault?.Message ?? "in order"}", fault);

    private async Task WriteSnapshotAsync(PartitionPoint at, long events, Action<Stream> image)
    {
        await Task.Yield();
        try
        {
            await snapshots.WriteSnapshotAsync(at, image, stopping.Token).ConfigureAwait(false);
            while (await journal.ArchiveSomeAsync(Number, stopping.Token).ConfigureAwait(false) > 0)
            {
                // The oldest part of the journal goes to the archive, a row at a time.
            }
        }
        catch (Exception e)
        {
            if (!stopping.IsCancellationRequested)
                notice($"Partition {Number} has no snapshot of event {events}: {e.Message}");
        }
        domain.Post(this, _ => snapshotAt = events + options.SnapshotEveryEvents);
    }

    // Has something done in the partition's turn, for a call that is answered when all it may have seen is durable.
    private Task<TResult> SubmitAsync<TResult>(Call<TResult> call, Action<Turn> work)
    {
        lock (calls)
        {
            if (isStopping) throw Stopped();
            calls.Add(call);
        }
        domain.Post(this, work);
        return call.Task;
    }

    private Task<TResult> AskAsync<TResult>(Func<Turn, TResult> ask)
    {
        var call = new Call<TResult>(this);
        return SubmitAsync(call, turn =>
        {
            call.Result = ask(turn);
            turn.Then(call);
        });
    }
}
