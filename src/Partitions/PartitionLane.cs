using OrleansWallet.Ledger;

namespace OrleansWallet.Partitions;

/// <summary>
/// Gathers the transfers of many callers for one partition. A transfer that finds none on its way goes at once; the
/// others go together when one of the calls is answered. There is no timer.
/// </summary>
internal sealed class PartitionLane(IPartition partition, int transfersMax)
{
    private const int CallsMax = 2;

    private readonly Lock gate = new();
    private List<Waiter> waiting = [];
    private int calls;

    /// <summary>Sends a transfer. Unavailable: nobody knows what became of it.</summary>
    public ValueTask<TransferOutcome> SubmitAsync(in Transfer transfer)
    {
        var waiter = new Waiter(transfer);
        lock (gate)
        {
            waiting.Add(waiter);
            if (calls == CallsMax) return new ValueTask<TransferOutcome>(waiter.Task);
            calls++;
        }
        _ = RunAsync();
        return new ValueTask<TransferOutcome>(waiter.Task);
    }

    private async Task RunAsync()
    {
        while (TryTake() is { } some)
        {
            try
            {
                var outcomes = await partition.TransferAsync([.. some.Select(waiter => waiter.Transfer)])
                    .ConfigureAwait(false);
                for (var i = 0; i < outcomes.Length; i++) some[i].TrySetResult(outcomes[i]);
            }
            catch (Exception)
            {
                var unknown = new TransferOutcome(Rejection.Unavailable, Replayed: false, 0);
                foreach (var waiter in some) waiter.TrySetResult(unknown);
            }
        }
    }

    private List<Waiter>? TryTake()
    {
        lock (gate)
        {
            if (waiting.Count == 0)
            {
                calls--;
                return null;
            }
            var all = waiting;
            if (all.Count <= transfersMax)
            {
                waiting = [];
                return all;
            }
            waiting = all[transfersMax..];
            all.RemoveRange(transfersMax, all.Count - transfersMax);
            return all;
        }
    }

    private sealed class Waiter(Transfer transfer)
        : TaskCompletionSource<TransferOutcome>(TaskCreationOptions.RunContinuationsAsynchronously)
    {
        public Transfer Transfer => transfer;
    }
}
