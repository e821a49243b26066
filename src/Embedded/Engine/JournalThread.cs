using OrleansWallet.Embedded.Journal;

namespace OrleansWallet.Embedded.Engine;

/// <summary>
/// Makes one batch after the other durable: seal, one write, one sync, then the answers. While it works on a batch the
/// ledger's thread fills the next.
/// </summary>
internal sealed class JournalThread
{
    private readonly JournalFiles journal;
    private readonly AnswerQueue answers;
    private readonly PastReads pastReads;
    private readonly EngineFault fault;
    private readonly Doorbell bell = new();
    private readonly long cacheBytes;
    private readonly Action whenIdle;
    private readonly Thread thread;
    private JournalPoint point;
    private Batch? work;
    private volatile bool stopping;

    public JournalThread(
        JournalFiles journal, JournalPoint end, long cacheBytes, AnswerQueue answers, PastReads pastReads,
        EngineFault fault, Action whenIdle)
    {
        this.journal = journal;
        this.answers = answers;
        this.pastReads = pastReads;
        this.fault = fault;
        this.cacheBytes = cacheBytes;
        this.whenIdle = whenIdle;
        point = end;
        thread = new Thread(Run) { IsBackground = true, Name = "wallet journal" };
        thread.Start();
    }

    /// <summary>Whether it has nothing to do.</summary>
    public bool IsIdle => Volatile.Read(ref work) is null;

    /// <summary>The point up to which everything is durable.</summary>
    public JournalPoint DurablePoint => Volatile.Read(ref point);

    /// <summary>
    /// Makes a batch durable on the caller's thread, the one that hands batches over; only while idle. It returns when
    /// that is done and the answers are on their way.
    /// </summary>
    public void CarryOut(Batch batch)
    {
        var durable = !fault.IsSet && TryMakeDurable(batch);
        GiveAnswers(durable, batch.TakePastReads(), batch.TakeRequests(answers.TakeSpare()), point);
    }

    /// <summary>Hands a batch over; only while idle.</summary>
    public void HandOver(Batch batch)
    {
        Volatile.Write(ref work, batch);
        bell.Ring();
    }

    /// <summary>Finishes what it has and ends.</summary>
    public void Stop()
    {
        stopping = true;
        bell.Ring();
        thread.Join();
    }

    private void Run()
    {
        while (true)
        {
            bell.Listen(level: 1);
            if (work is null && !stopping) bell.Sleep();
            else bell.Stay();
            if (work is not { } batch)
            {
                if (stopping) return;
                continue;
            }
            var durable = !fault.IsSet && TryMakeDurable(batch);
            var past = batch.TakePastReads();
            var requests = batch.TakeRequests(answers.TakeSpare());
            var after = point;
            // From here on the next batch may be carried out, on this thread or the other one.
            Volatile.Write(ref work, null);
            whenIdle();
            GiveAnswers(durable, past, requests, after);
        }
    }

    private void GiveAnswers(bool durable, Request[] past, ArraySegment<Request> requests, JournalPoint after)
    {
        if (!durable)
        {
            Refuse([.. requests, .. past]);
            return;
        }
        answers.Post(requests, after);
        foreach (var request in past) pastReads.Post(request, after);
    }

    private bool TryMakeDurable(Batch batch)
    {
        try
        {
            batch.Before?.Invoke(point);
            batch.Before = null;
            if (batch.Records.Count == 0) return true;
            var chain = (byte[])point.Chain.Clone();
            var framed = batch.Records.Framed(BatchHeader.Alignment);
            BatchHeader.Seal(framed, batch.Records.Length, batch.Records.Count, batch.FirstSequence, chain);
            journal.Append(framed, point);
            journal.Sync();
            journal.KeepInCache(cacheBytes);
            Volatile.Write(ref point, new JournalPoint(
                point.Place + framed.Length, batch.FirstSequence + batch.Records.Count, chain));
            return true;
        }
        catch (Exception e)
        {
            // Whatever it was, it is not known what the disk has now: nothing may be written after it.
            fault.Set("Writing the journal failed", e);
            return false;
        }
    }

    private void Refuse(Request[] requests)
    {
        foreach (var request in requests) request.Refuse(fault.Reason ?? "The wallet has stopped.");
    }
}
