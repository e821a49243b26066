using OrleansWallet.Ledger;

namespace OrleansWallet.Partitions;

/// <summary>
/// Gathers the transfers of many callers for one partition. A transfer that finds few calls on their way goes at once;
/// the others go together when the partition has answered one, be it in part: each caller has the answer when it is
/// there. One that has waited for too long for its turn is answered "overloaded".
/// </summary>
internal sealed class PartitionLane : IDisposable
{
    private const int CallsMax = 2;
    // So many answers ahead the processor is asked for memory.
    private const int PrefetchDistance = 4;
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
    private readonly Queue<Waiting> waiting = new();
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
        var waiter = new Waiter();
        lock (gate)
        {
            waiting.Enqueue(new Waiting(waiter, transfer, time.GetTimestamp()));
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
        while (TryTake(out var some, out var transfers))
        {
            var heard = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            _ = SendAsync(some, transfers, heard);
            await heard.Task.ConfigureAwait(false);
        }
    }

    private async Task SendAsync(Waiter[] some, Transfer[] transfers, TaskCompletionSource heard)
    {
        try
        {
            await foreach (var answers in partition.TransferAsync(
                transfers, inOrder: false, PartitionedWallet.AnswerPatience).ConfigureAwait(false))
            {
                heard.TrySetResult();
                answered(answers.Count);
                Answer(some, answers);
            }
        }
        catch (Exception)
        {
            foreach (var waiter in some)
            {
                if (waiter.Task.IsCompleted) continue;
                answered(1);
                waiter.TrySetResult(Unavailable);
            }
        }
        heard.TrySetResult();
    }

    // Those who wait have left the processor's caches by now.
    private static void Answer(Waiter[] some, TransferAnswers answers)
    {
        for (var i = -PrefetchDistance; i < answers.Count; i++)
        {
            var (waiter, task) = (i + 2 * PrefetchDistance, i + PrefetchDistance);
            if (waiter < answers.Count) Ahead.Prefetch(some[answers.PlaceOf(waiter)]);
            if (task < answers.Count) Ahead.Prefetch(some[answers.PlaceOf(task)].Task);
            if (i >= 0) some[answers.PlaceOf(i)].TrySetResult(answers.Outcomes[i]);
        }
    }

    private bool TryTake(out Waiter[] some, out Transfer[] transfers)
    {
        lock (gate)
        {
            var count = Math.Min(waiting.Count, transfersMax);
            (some, transfers) = (new Waiter[count], new Transfer[count]);
            for (var i = 0; i < count; i++) (some[i], transfers[i], _) = waiting.Dequeue();
            if (count == 0) calls--;
            return count > 0;
        }
    }

    private void AnswerLate()
    {
        lock (gate)
        {
            while (waiting.TryPeek(out var first) && time.GetElapsedTime(first.Since) > patience)
            {
                answered(1);
                waiting.Dequeue().Waiter.TrySetResult(Overloaded);
            }
        }
    }

    private sealed class Waiter()
        : TaskCompletionSource<TransferOutcome>(TaskCreationOptions.RunContinuationsAsynchronously);

    private readonly record struct Waiting(Waiter Waiter, Transfer Transfer, long Since);
}
