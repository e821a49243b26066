using OrleansWallet.Ledger;

namespace OrleansWallet.Grains;

// How transfers get in, wait for their turn and go to their grains; and what becomes of a call that fails.
public sealed partial class ClusterWallet
{
    private static readonly TransferOutcome Overloaded = new(Rejection.Overloaded, Replayed: false, 0);

    private bool TryAdmit(int count)
    {
        if (Interlocked.Add(ref waiting, count) <= options.QueueTransfersMax) return true;
        Interlocked.Add(ref waiting, -count);
        return false;
    }

    // What the lanes send: one transfer, or several that share accounts.
    private async Task SendAsync(IReadOnlyList<TransferLanes.Waiter> group)
    {
        var patience = TimeSpan.FromSeconds(options.QueueSecondsMax);
        // One time for all: who is in time by it has some left.
        var now = time.GetTimestamp();
        var late = group.Where(waiter => time.GetElapsedTime(waiter.Since, now) >= patience).ToArray();
        foreach (var waiter in late) waiter.Answer(Overloaded);
        var inTime = group.Except(late).ToArray();
        if (inTime.Length == 0) return;
        if (!await turns.WaitAsync(patience - time.GetElapsedTime(inTime[0].Since, now)))
        {
            foreach (var waiter in inTime) waiter.Answer(Overloaded);
            return;
        }
        try
        {
            var outcomes = await SendAsync([.. inTime.Select(waiter => waiter.Transfer)]);
            for (var i = 0; i < inTime.Length; i++) inTime[i].Answer(outcomes[i]);
        }
        finally
        {
            turns.Release();
        }
    }

    private async Task<TransferOutcome[]> SendAsync(Transfer[] transfers)
    {
        var orders = Array.ConvertAll(transfers, transfer => TransferOrder.Of(transfer));
        try
        {
            // What was asked before and may have happened is found by its id.
            return Array.ConvertAll(await TryAsync(() => Coordinator.Transfer(orders)), Outcome);
        }
        catch (WalletUnavailableException)
        {
            var unknown = new TransferOutcome[transfers.Length];
            Array.Fill(unknown, new TransferOutcome(Rejection.Unavailable, Replayed: false, 0));
            return unknown;
        }
    }

    // A chain of a batch: its transfers in their order, a group at a time.
    private async Task SendAsync(ReadOnlyMemory<Transfer> transfers, int[] chain, Memory<TransferOutcome> outcomes)
    {
        for (var begin = 0; begin < chain.Length; begin += ICoordinatorGrain.TransfersMax)
        {
            var group = chain.AsMemory(begin, Math.Min(ICoordinatorGrain.TransfersMax, chain.Length - begin));
            var sent = new Transfer[group.Length];
            for (var i = 0; i < sent.Length; i++) sent[i] = transfers.Span[group.Span[i]];
            await turns.WaitAsync();
            try
            {
                var done = await SendAsync(sent);
                for (var i = 0; i < done.Length; i++) outcomes.Span[group.Span[i]] = done[i];
                if (done[0].Rejection != Rejection.Unavailable) continue;
            }
            finally
            {
                turns.Release();
            }
            // What comes after must not overtake what may still happen: it is not sent.
            foreach (var place in chain.AsSpan(begin + group.Length))
                outcomes.Span[place] = new TransferOutcome(Rejection.Unavailable, Replayed: false, 0);
            return;
        }
    }

    private void ThrowIfAlone()
    {
        if (!readiness.HasJoined) throw new TransactionUnavailableException("No silo has been reached yet.");
    }

    private static TransferOutcome Outcome(TransferAnswer answer) =>
        new(answer.Rejection, answer.Replayed, answer.Sequence);

    private ValueTask<TResult> ReadAsync<TResult>(Func<Task<TResult>> read) => new(TryAsync(read));

    // What fails for a passing cause is tried again, by another silo perhaps, for a named time.
    private async Task<TResult> TryAsync<TResult>(Func<Task<TResult>> call)
    {
        var began = time.GetTimestamp();
        var patience = TimeSpan.FromSeconds(options.TransferSecondsMax);
        while (true)
        {
            try
            {
                ThrowIfAlone();
                return await call();
            }
            catch (Exception e) when (ClusterFaults.IsPassing(e))
            {
                if (!readiness.HasJoined || time.GetElapsedTime(began) > patience)
                    throw new WalletUnavailableException("The cluster can't answer just now.");
                await Task.Delay(ClusterFaults.Pause, time);
            }
        }
    }
}
