using OrleansWallet.Ledger;

namespace OrleansWallet.Partitions;

/// <summary>
/// Gathers the transfers of many callers for one partition. A transfer that finds few calls on their way goes at once;
/// the others go together when a call is answered. One that has waited for too long is answered "overloaded".
/// </summary>
internal sealed class PartitionLane : IDisposable
{
    private const int CallsMax = 2;
    private static readonly TransferOutcome Overloaded = new(Rejection.Overloaded, Replayed: false, 0);
    private static readonly TransferOutcome Unavailable = new(Rejection.Unavailable, Replayed: false, 0);
    private static readonly TimeSpan LookEvery = TimeSpan.FromSeconds(1);

    private readonly Lock gate = new();
    private readonly IPartition partition;
    private readonly int transfersMax;
    private readonly TimeSpan patience;
    private readonly TimeProvider time;
    private readonly Action<int> answered;
    private readonly ITimer looker;
    private Queue<Waiter> waiting = new();
    private int calls;

    /// <param name="partition">Where they go.</param>
    /// <param name="transfersMax">How many go together at most.</param>
    /// <param name="patience">How long one may wait for its turn.</param>
    /// <param name="time">The clock.</param>
    /// <param name="answered">Told how many have their answers, before they are given.</param>
    public PartitionLane(
        IPartition partition, int transfersMax, TimeSpan patience, TimeProvider time, Action<int> answered)
    {
        (this.partition, this.transfersMax, this.patience, this.time) = (partition, transfersMax, patience, time);
        this.answered = answered;
        looker = time.CreateTimer(static lane => (lane as PartitionLane)?.AnswerLate(), this, LookEvery, LookEvery);
    }

    /// <summary>Sends a transfer. Unavailable: nobody knows what became of it.</summary>
    public Task<TransferOutcome> SubmitAsync(in Transfer transfer)
    {
        var waiter = new Waiter(transfer, time.GetTimestamp());
        lock (gate)
        {
            waiting.Enqueue(waiter);
            if (calls == CallsMax) return waiter.Task;
            calls++;
        }
        _ = RunAsync();
        return waiter.Task;
    }

    /// <inheritdoc/>
    public void Dispose() => looker.Dispose();

    private async Task RunAsync()
    {
        while (TryTake() is { } some)
        {
            try
            {
                var outcomes = await partition.TransferAsync(Array.ConvertAll(some, waiter => waiter.Transfer))
                    .ConfigureAwait(false);
                answered(some.Length);
                for (var i = 0; i < outcomes.Length; i++) some[i].TrySetResult(outcomes[i]);
            }
            catch (Exception)
            {
                answered(some.Length);
                foreach (var waiter in some) waiter.TrySetResult(Unavailable);
            }
        }
    }

    private Waiter[]? TryTake()
    {
        lock (gate)
        {
            if (waiting.Count == 0)
            {
                calls--;
                return null;
            }
            var some = new Waiter[Math.Min(waiting.Count, transfersMax)];
            for (var i = 0; i < some.Length; i++) some[i] = waiting.Dequeue();
            return some;
        }
    }

    private void AnswerLate()
    {
        lock (gate)
        {
            while (waiting.TryPeek(out var first) && time.GetElapsedTime(first.Since) > patience)
            {
                answered(1);
                waiting.Dequeue().TrySetResult(Overloaded);
            }
        }
    }

    private sealed class Waiter(Transfer transfer, long since)
        : TaskCompletionSource<TransferOutcome>(TaskCreationOptions.RunContinuationsAsynchronously)
    {
        public Transfer Transfer => transfer;

        public long Since => since;
    }
}
