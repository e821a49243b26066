using OrleansWallet.Ledger;
using OrleansWallet.Storage.Partitions;

namespace OrleansWallet.Partitions;

/// <summary>
/// Hosts one partition over its journal. One loop touches the state: it takes what has come in, decides, writes one
/// batch, and answers when that is durable, while it works on the next. Whatever it hands out is durable.
/// </summary>
public sealed partial class PartitionHost : IPartition, IAsyncDisposable
{
    private readonly Partition partition;
    private readonly KnownIds ids;
    private readonly Membership membership;
    private readonly IPartitionJournal journal;
    private readonly IPartitionPeers peers;
    private readonly PartitionOptions options;
    private readonly TimeProvider time;
    private readonly IPartitionSnapshots snapshots;
    private readonly Action<string> notice;
    private readonly CancellationTokenSource stopping = new();
    private readonly PeerLink[] links;
    private readonly Inbox<Action<Turn>> inbox = new();
    private readonly Queue<Action<Turn>> deferred = new();
    private readonly Task loop;
    private PartitionPoint point;
    private Turn staged;
    private Turn committing;
    private volatile Exception? fault;
    private volatile bool isStopping;
    private int waiting;
    private long snapshotAt;
    private Task snapshot = Task.CompletedTask;

    private PartitionHost(RecoveredPartition recovered, PartitionServices services)
    {
        (partition, ids, membership, point) =
            (recovered.Partition, recovered.Ids, recovered.Membership, recovered.Point);
        (journal, peers, options, time) = (services.Journal, services.Peers, services.Options, services.Time);
        (snapshots, notice) = (services.Snapshots, services.Notice);
        (staged, committing) = (recovered.First, recovered.Second);
        snapshotAt = recovered.SnapshotEvents + options.SnapshotEveryEvents;
        links = [.. Enumerable.Range(0, membership.Partitions).Select(other => new PeerLink(other, Send))];
        staged.Begin(point.Sequence + 1);
        foreach (var link in links.Where(link => link.Partition != membership.Number))
            link.SettledBelow = SettledBelowOf(link);
        foreach (var transfer in partition.UnderWay())
        {
            links[transfer.Payee].Orders.Add(transfer.Number);
            staged.Links.Add(links[transfer.Payee]);
        }
        loop = Task.Run(RunAsync);
    }

    /// <summary>The partition's number.</summary>
    public int Number => membership.Number;

    /// <summary>Why it stopped by itself; null while it works. Its journal may go on elsewhere.</summary>
    public Exception? Fault => fault;

    /// <summary>Whether it takes work.</summary>
    public bool IsWorking => !isStopping && !loop.IsCompleted;

    /// <summary>Done when the host has ended, by itself or because it was told to.</summary>
    public Task Ended => loop;

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
        isStopping = true;
        inbox.Add(static _ => { });
        return loop;
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

    private async Task RunAsync()
    {
        var commit = Task.CompletedTask;
        var isCommitting = false;
        var taken = new Queue<Action<Turn>>();
        try
        {
            while (true)
            {
                // A snapshot is due: for once nothing is staged, so that the state is that behind the batch.
                if (!isCommitting || partition.Sequence < snapshotAt) Work(ref taken);
                if (isCommitting)
                {
                    // What had come is staged. What comes now waits: many together cost less than one by one.
                    await commit.ConfigureAwait(false);
                    isCommitting = false;
                    committing.Answer();
                    if (staged.Records.Count == 0 && partition.Sequence >= snapshotAt) BeginSnapshot();
                }
                else if (!staged.IsEmpty)
                {
                    (staged, committing, isCommitting) = (committing, staged, true);
                    commit = CommitAsync(committing);
                    staged.Begin(point.Sequence + 1);
                }
                else if (isStopping)
                {
                    return;
                }
                else
                {
                    await inbox.WaitAsync().ConfigureAwait(false);
                }
            }
        }
        catch (Exception e)
        {
            fault = e;
        }
    }

    // What found no room in the batch stands in front of the next.
    private bool IsFull => deferred.Count > 0;

    private void Work(ref Queue<Action<Turn>> taken)
    {
        for (var count = deferred.Count; count > 0; count--) deferred.Dequeue()(staged);
        while (!IsFull)
        {
            if (taken.Count == 0 && !inbox.TryTake(ref taken)) return;
            while (!IsFull && taken.TryDequeue(out var work)) work(staged);
        }
    }

    private Task CommitAsync(Turn turn)
    {
        foreach (var link in turn.Links)
        {
            // What is settled is said only when it is durable.
            var below = SettledBelowOf(link);
            turn.Then(() => link.SettledBelow = below);
        }
        if (turn.Records.Count == 0) return Task.CompletedTask;
        var batch = turn.Records.FramedMemory();
        point = PartitionBatch.SealRecords(batch.Span, point, turn.Records.Count);
        return journal.AppendAsync(membership.Number, point.Sequence, batch);
    }

    // Between two batches the state is that behind the last one, which is durable.
    private void BeginSnapshot()
    {
        snapshotAt = long.MaxValue;
        var (at, events, known, capture) = (point, partition.Sequence, ids.Copy(), partition.BeginCapture());
        while (!capture.CopySome(int.MaxValue))
        {
            // All of it at once: a partition is a part of the ledger.
        }
        snapshot = Task.Run(async () =>
        {
            try
            {
                await snapshots.WriteSnapshotAsync(
                    at, image => RecoveredPartition.Write(image, known, capture), stopping.Token).ConfigureAwait(false);
                while (await journal.ArchiveSomeAsync(membership.Number, stopping.Token).ConfigureAwait(false) > 0)
                {
                    // The oldest part of the journal goes to the archive, a row at a time.
                }
            }
            catch (Exception e)
            {
                if (!stopping.IsCancellationRequested)
                    notice($"Partition {Number} has no snapshot of event {events}: {e.Message}");
            }
            inbox.Add(_ => snapshotAt = events + options.SnapshotEveryEvents);
        });
    }

    private long SettledBelowOf(PeerLink link) =>
        partition.WriteOrders(link.Partition, [], [], out _).SettledBelow;

    private bool TryRead(long place, out ReadOnlySpan<byte> record)
    {
        if (!staged.Records.TryRead(place, out record) && !committing.Records.TryRead(place, out record)) return false;
        record = record[..Records.As<RecordHeader>(record).Length];
        return true;
    }

    // Does something in the partition's turn and answers when all that it may have seen is durable.
    private Task<TResult> AskAsync<TResult>(Func<Turn, TResult> ask)
    {
        var answer = new TaskCompletionSource<TResult>(TaskCreationOptions.RunContinuationsAsynchronously);
        Enqueue(turn =>
        {
            var result = ask(turn);
            turn.Then(() => answer.SetResult(result));
        });
        return AnsweredAsync(answer.Task);
    }

    private void Enqueue(Action<Turn> work)
    {
        if (isStopping) throw new PartitionUnavailableException($"Partition {Number} is stopping.");
        inbox.Add(work);
    }

    private async Task<TResult> AnsweredAsync<TResult>(Task<TResult> answer)
    {
        if (await Task.WhenAny(answer, loop).ConfigureAwait(false) == answer || answer.IsCompleted)
            return await answer.ConfigureAwait(false);
        throw new PartitionUnavailableException(
            $"Partition {Number} has stopped: {fault?.Message ?? "in order"}", fault);
    }
}
