using OrleansWallet.Embedded.Index;
using OrleansWallet.Embedded.Journal;
using OrleansWallet.Ledger;

namespace OrleansWallet.Embedded.Engine;

/// <summary>
/// The only thread that touches the partition's state. It takes what waits as one batch, carries it out, and hands it
/// to the journal's thread; while that one syncs, it already fills the next batch.
/// </summary>
internal sealed class LedgerThread
{
    // Accounts copied for a snapshot between two turns: a megabyte, a fraction of a millisecond.
    private const int CaptureAccountsPerTurn = 16_384;
    // While the journal is busy, waking for each single request would cost more than carrying out this many together.
    private const int WakeWeight = 256;
    // A batch so light is made durable on this thread. Handing it over would save no time to speak of for the next one,
    // and costs two threads' waking, on a machine whose processors are busy with its callers.
    private const int CarryOutWeightMax = 64;
    private const int ForAny = 1;
    private const int ForMany = 2;
    private const int ForJournal = 3;

    private readonly Partition partition;
    private readonly TransactionIndex index;
    private readonly RequestQueue queue;
    private readonly JournalThread journal;
    private readonly Archivist archivist;
    private readonly EngineFault fault;
    private readonly TimeProvider time;
    private readonly long snapshotEvery;
    private readonly Doorbell bell = new();
    private readonly Thread thread;

    private Batch open;
    private Batch other;
    private bool isFull;
    private long nowMicros;
    private long nextPlace;
    private long snapshotSequence;
    private SnapshotUnderWay? snapshot;
    private AccountTable.CaptureMemory? captureMemory;
    private bool isPreparing;
    private volatile bool stopping;
    private volatile bool hasEnded;

    public LedgerThread(
        RecoveredLedger recovered, EmbeddedOptions options, RequestQueue queue, JournalFiles files, PastReads pastReads,
        Archivist archivist, EngineFault fault, TimeProvider time)
    {
        partition = recovered.Partition;
        index = recovered.Index;
        nextPlace = recovered.End.Place;
        snapshotSequence = recovered.SnapshotSequence;
        snapshotEvery = options.SnapshotEveryEvents;
        this.queue = queue;
        this.archivist = archivist;
        this.fault = fault;
        this.time = time;
        var answers = new AnswerQueue(options.BatchTransfersMax);
        open = new Batch(options.BatchTransfersMax);
        other = new Batch(options.BatchTransfersMax);
        recovered.Records.Watch(open.Records, other.Records);
        BeginBatch();
        journal = new JournalThread(
            files, recovered.End, options.JournalCacheBytes, answers, pastReads, fault, () => bell.Ring(ForJournal));
        thread = new Thread(Run) { IsBackground = true, Name = "wallet ledger" };
        thread.Start();
    }

    /// <summary>The point up to which everything is durable.</summary>
    public JournalPoint DurablePoint => journal.DurablePoint;

    /// <summary>Whether it takes nothing from the queue any more.</summary>
    public bool HasEnded => hasEnded;

    /// <summary>Tells the thread that something was queued.</summary>
    public void Ring()
    {
        if (bell.IsListenedFor) bell.Ring(queue.Weight >= WakeWeight ? ForMany : ForAny);
    }

    /// <summary>Wakes the thread, whatever it waits for.</summary>
    public void RingAnyway() => bell.Ring();

    /// <summary>Carries out what was queued, snapshots, and ends. The queue must be closed.</summary>
    public void Stop()
    {
        stopping = true;
        RingAnyway();
        thread.Join();
        journal.Stop();
    }

    private void Run()
    {
        try
        {
            while (!fault.IsSet && !(stopping && queue.IsDrained && !open.HasWork)) Turn();
            if (!fault.IsSet) Finish();
        }
        catch (Exception e)
        {
            // Nobody knows what the state is now, so nothing more may come of it. An index that misled it is not
            // asked again: the next start makes it anew from the journal.
            fault.Set("The ledger's thread failed", e);
            if (e is InvalidDataException) index.Runs.TryDistrust(fault.Tell);
        }
        finally
        {
            hasEnded = true;
            if (fault.Reason is { } reason) RefuseEverything(reason);
        }
    }

    private void Turn()
    {
        var worked = Gather();
        CopyForSnapshot();
        if (open.HasWork && journal.IsIdle) HandOver();
        else if (!worked) WaitForWork();
    }

    // Takes what waits into the open batch, as much as fits, and carries it out.
    private bool Gather()
    {
        isFull = false;
        if (queue.IsEmpty) return false;
        // The latest moment that was ever "now", also where the clock is set back: the state up to some moment before
        // it may have been told already, and nothing may be recorded at such a moment afterwards.
        var at = nowMicros = Math.Max(nowMicros, Partition.ToMicros(time.GetUtcNow()));
        var weight = open.Weight;
        while (queue.Peek() is { } request && open.Fits(request.Weight))
        {
            queue.Take(request);
            open.Add(request, partition, at);
        }
        isFull = queue.Peek() is not null;
        queue.Release();
        open.ExecuteSingles(partition, at);
        return open.Weight > weight;
    }

    private void HandOver()
    {
        var full = open;
        full.ExecuteAtEnd(partition);
        (open, other) = (other, open);
        if (full.Records.Length > 0) nextPlace += full.Records.Framed(BatchHeader.Alignment).Length;
        if (full.Weight <= CarryOutWeightMax) journal.CarryOut(full);
        else journal.HandOver(full);
        BeginBatch();
    }

    // Between two batches: what is to be written in the background is cut off here, and begins its way with the batch
    // that begins here, so that all before the cut is durable when it is written.
    private void BeginBatch()
    {
        open.Begin(nextPlace, partition.Sequence + 1);
        if (index.SetAsideIfFull() is { } table) open.Before += point => archivist.Flush(table, point);
        if (partition.Sequence - snapshotSequence < snapshotEvery || snapshot is not null) return;
        if (Interlocked.Exchange(ref captureMemory, null) is { } memory) BeginSnapshot(memory);
        else PrepareSnapshot();
    }

    private void PrepareSnapshot()
    {
        if (isPreparing) return;
        isPreparing = true;
        var accounts = partition.Accounts.Count;
        archivist.Run(() => Volatile.Write(ref captureMemory, AccountTable.CaptureMemory.Prepare(accounts)));
    }

    private void BeginSnapshot(AccountTable.CaptureMemory memory)
    {
        isPreparing = false;
        snapshotSequence = partition.Sequence;
        var begun = snapshot = new SnapshotUnderWay(partition.BeginCapture(memory), archivist);
        open.Before += begun.PointKnown;
    }

    private void CopyForSnapshot()
    {
        if (snapshot is not { } begun) return;
        if (begun.CopySome(CaptureAccountsPerTurn)) snapshot = null;
    }

    private void WaitForWork()
    {
        if (snapshot is not null) return;
        // In a full batch nothing but the journal can make room.
        var level = !open.HasWork ? ForAny : isFull ? ForJournal : ForMany;
        bell.Listen(level);
        var mayGoOn = level switch
        {
            ForAny => !queue.IsEmpty || (stopping && queue.IsDrained),
            ForMany => journal.IsIdle || queue.Weight >= WakeWeight,
            _ => journal.IsIdle,
        };
        if (mayGoOn || fault.IsSet) bell.Stay();
        else bell.Sleep();
    }

    // The end: everything is carried out; the index and a snapshot make the next start quick.
    private void Finish()
    {
        while (snapshot is not null) CopyForSnapshot();
        if (index.SetAsideAtEnd() is { } table)
            open.Before += point => archivist.Flush(table, point);
        if (partition.Sequence > snapshotSequence)
        {
            BeginSnapshot(AccountTable.CaptureMemory.None);
            while (snapshot is not null) CopyForSnapshot();
        }
        while (open.HasWork && !fault.IsSet)
        {
            if (journal.IsIdle) HandOver();
            else WaitForWork();
        }
        while (!journal.IsIdle && !fault.IsSet) WaitForJournal();
    }

    private void WaitForJournal()
    {
        bell.Listen(ForJournal);
        if (!journal.IsIdle && !fault.IsSet) bell.Sleep();
        else bell.Stay();
    }

    private void RefuseEverything(string reason)
    {
        queue.Close();
        foreach (var request in open.TakePastReads().Concat(open.TakeRequests([]))) request.Refuse(reason);
        queue.RefuseAll(reason);
    }

    /// <summary>
    /// A snapshot on its way: it can be written when its capture is complete and when the point it was taken at is
    /// durable, whichever comes later.
    /// </summary>
    private sealed class SnapshotUnderWay(Partition.PartitionCapture capture, Archivist archivist)
    {
        private int missing = 2;
        private JournalPoint? point;

        public bool CopySome(int accounts)
        {
            var complete = capture.CopySome(accounts);
            if (complete) OneLess();
            return complete;
        }

        public void PointKnown(JournalPoint durable)
        {
            point = durable;
            OneLess();
        }

        private void OneLess()
        {
            if (Interlocked.Decrement(ref missing) == 0 && point is not null)
                archivist.Write(capture, point);
        }
    }
}
