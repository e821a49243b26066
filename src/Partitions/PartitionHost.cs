using System.Numerics;
using OrleansWallet.Ledger;
using OrleansWallet.Partitions.Ids;
using OrleansWallet.Storage;
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
    private readonly IPartitionIndex index;
    private readonly Action<string> notice;
    private readonly CancellationTokenSource stopping = new();
    private readonly PeerLink[] links;
    private readonly RecordBuffer[] buffers;
    private byte[] packed = [];
    private readonly HashSet<ICall> calls = [];
    private readonly TaskCompletionSource ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    // Behind the last batch that was sealed; and the number of the last that was ended.
    private PartitionPoint point;
    private long batchSequence;
    private long worksOn;
    private volatile Exception? fault;
    private volatile bool isStopping;
    private int waiting;
    private long snapshotAt;
    private DueSnapshot? due;
    private Task snapshot = Task.CompletedTask;

    private PartitionHost(RecoveredPartition recovered, PartitionServices services)
    {
        (partition, ids, membership, point) =
            (recovered.Partition, recovered.Ids, recovered.Membership, recovered.Point);
        (journal, peers, options, time) = (services.Journal, services.Peers, services.Options, services.Time);
        (snapshots, index) = (services.Snapshots, services.Index);
        (notice, buffers) = (services.Notice, recovered.Buffers);
        // Partitions that fill at one pace take turns: each begins with another part of the usual distance.
        snapshotAt = recovered.SnapshotEvents + options.SnapshotEveryEvents
            - (long)options.SnapshotEveryEvents * Number / (2 * membership.Partitions);
        links = [.. Enumerable.Range(0, membership.Partitions).Select(other => new PeerLink(this, other))];
        foreach (var link in links.Where(link => link.Partition != membership.Number))
            link.SettledBelow = SettledBelowOf(link);
        batchSequence = point.Sequence;
        domain = services.Domains.Of(membership.Number);
        domain.Join(this);
    }

    /// <summary>The partition's number.</summary>
    public int Number => membership.Number;

    /// <summary>Why it stopped by itself; null while it works. Its journal may go on elsewhere.</summary>
    public Exception? Fault => fault;

    /// <summary>Whether it takes work.</summary>
    public bool IsWorking => !isStopping;

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
        records.Reset(RecordPlace.FirstOf(batchSequence + 1));
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
    /// Ends the batch of a turn, and keeps the state behind it if a snapshot is due. False where there is no batch.
    /// </summary>
    internal bool EndBatch(Turn turn)
    {
        if (RecordsOf(turn).Count == 0) return false;
        batchSequence++;
        if (partition.Sequence < snapshotAt) return true;
        snapshotAt = long.MaxValue;
        var (recorded, claims) = (ids.Recorded.SetAside(), ids.Claims.SetAside());
        var capture = partition.BeginCapture();
        while (!capture.CopySome(int.MaxValue))
        {
            // All of it at once: a partition is a part of the ledger.
        }
        due = new DueSnapshot(partition.Sequence, recorded, claims, capture);
        return true;
    }

    /// <summary>Seals the batch that was ended. Any one thread, while the next turn is at work.</summary>
    internal PartitionBytes Seal(Turn turn)
    {
        var records = buffers[turn.Index];
        var (batch, kind) = (records.FramedMemory(), PartitionBatchKind.Records);
        // The batch before is durable by now, so its bytes may go.
        var room = PartitionBatch.HeaderBytes + PackedRecords.RoomFor(records.Length);
        if (packed.Length < room)
            packed = GC.AllocateUninitializedArray<byte>((int)BitOperations.RoundUpToPowerOf2((uint)room));
        var length = PackedRecords.Pack(records.Written, packed.AsSpan(PartitionBatch.HeaderBytes));
        if (length < records.Length)
        {
            batch = packed.AsMemory(0, PartitionBatch.HeaderBytes + length);
            kind = PartitionBatchKind.PackedRecords;
        }
        point = PartitionBatch.SealRecords(batch.Span, point, records.Count, kind);
        return new PartitionBytes(Number, point.Sequence, batch);
    }

    /// <summary>The batch is durable: if a snapshot of the state behind it is due, it is written now.</summary>
    internal void WriteSnapshotIfDue()
    {
        if (due is not { } it) return;
        due = null;
        snapshot = WriteSnapshotAsync(point, it);
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

    private async Task WriteSnapshotAsync(PartitionPoint at, DueSnapshot it)
    {
        await Task.Yield();
        var isIndexWritten = false;
        try
        {
            await it.Recorded.WriteAsync(at.Sequence, stopping.Token).ConfigureAwait(false);
            await it.Claims.WriteAsync(at.Sequence, stopping.Token).ConfigureAwait(false);
            isIndexWritten = true;
            await snapshots.WriteSnapshotAsync(
                at, [.. it.Recorded.Runs, .. it.Claims.Runs],
                image => RecoveredPartition.Write(image, it.Recorded, it.Claims, it.Capture), stopping.Token)
                .ConfigureAwait(false);
            while (await journal.ArchiveSomeAsync(Number, stopping.Token).ConfigureAwait(false) > 0)
            {
                // The oldest part of the journal goes to the archive, a row at a time.
            }
        }
        catch (PartitionIndexDamagedException e)
        {
            await FailAsync(e).ConfigureAwait(false);
        }
        catch (Exception e)
        {
            if (!stopping.IsCancellationRequested)
                notice($"Partition {Number} has no snapshot of event {it.Events}: {e.Message}");
        }
        domain.Post(this, _ =>
        {
            snapshotAt = it.Events + options.SnapshotEveryEvents;
            if (!isIndexWritten) return;
            ids.Recorded.Adopt(it.Recorded);
            ids.Claims.Adopt(it.Claims);
        });
    }

    // Its index is of no use any more: the next activation has another, made anew if need be.
    private async Task FailAsync(PartitionIndexDamagedException why)
    {
        notice($"Partition {Number} begins anew: {why.Message}");
        fault ??= why;
        if (!why.IsGone)
        {
            try
            {
                await index.DistrustAsync(Number).ConfigureAwait(false);
            }
            catch (StateUnavailableException)
            {
                // The next activation finds the same, and tries again.
            }
        }
        _ = StopAsync();
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

    private sealed record DueSnapshot(
        long Events, IdIndexUpdate Recorded, IdIndexUpdate Claims, Partition.PartitionCapture Capture);
}
