using System.Diagnostics;
using System.Threading.Tasks.Sources;
using OrleansWallet.Embedded.Journal;
using OrleansWallet.Ledger;

namespace OrleansWallet.Embedded.Engine;

/// <summary>
/// One transfer. The object is used again once its answer was taken, so that a transfer allocates nothing.
/// </summary>
internal sealed class TransferRequest : Request, IValueTaskSource<TransferOutcome>
{
    private const int SpareMax = 65_536;
    private static readonly System.Collections.Concurrent.ConcurrentQueue<TransferRequest> Spare = new();
    private static int spareCount;
    // Most answers are taken on the thread that asks next, so that one spare a thread serves nearly all.
    [ThreadStatic]
    private static TransferRequest? threadSpare;

    private ManualResetValueTaskSourceCore<TransferOutcome> core;

    /// <summary>What to do.</summary>
    public Transfer Transfer { get; private set; }

    /// <summary>What became of it.</summary>
    public TransferOutcome Outcome { get; set; }

    /// <summary>Takes a spare request or makes one.</summary>
    public static TransferRequest Rent(in Transfer transfer)
    {
        var request = threadSpare;
        threadSpare = null;
        if (request is null)
        {
            if (Spare.TryDequeue(out request)) Interlocked.Decrement(ref spareCount);
            else request = new TransferRequest();
        }
        request.Transfer = transfer;
        return request;
    }

    /// <summary>The answer to come. It must be awaited once.</summary>
    public ValueTask<TransferOutcome> AnswerTask => new(this, core.Version);

    /// <summary>Gives an unused request back.</summary>
    public void Return()
    {
        core.Reset();
        Transfer = default;
        if (threadSpare is null)
        {
            threadSpare = this;
        }
        else if (Volatile.Read(ref spareCount) < SpareMax)
        {
            Interlocked.Increment(ref spareCount);
            Spare.Enqueue(this);
        }
    }

    public override void Execute(Partition partition, long atMicros, RecordBuffer records) =>
        throw new UnreachableException("Single transfers are carried out together, by their batch.");

    public override void Answer(JournalPoint after) => core.SetResult(Outcome);

    public override void Refuse(string reason) =>
        core.SetResult(new TransferOutcome(Rejection.Unavailable, Replayed: false, 0));

    TransferOutcome IValueTaskSource<TransferOutcome>.GetResult(short token)
    {
        var outcome = core.GetResult(token);
        Return();
        return outcome;
    }

    ValueTaskSourceStatus IValueTaskSource<TransferOutcome>.GetStatus(short token) => core.GetStatus(token);

    void IValueTaskSource<TransferOutcome>.OnCompleted(
        Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        core.OnCompleted(continuation, state, token, flags);
}
