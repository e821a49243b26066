using OrleansWallet.Ledger;

namespace OrleansWallet.Grains;

// How transfers get in, wait for their turn and go to their grains; and what becomes of a call that fails.
public sealed partial class ClusterWallet
{
    private bool TryAdmit(int count)
    {
        if (Interlocked.Add(ref waiting, count) <= options.QueueTransfersMax) return true;
        Interlocked.Add(ref waiting, -count);
        return false;
    }

    private async Task<TransferOutcome> InTurnAsync(Func<Task<TransferOutcome>> send)
    {
        if (!await turns.WaitAsync(TimeSpan.FromSeconds(options.QueueSecondsMax)))
            return new TransferOutcome(Rejection.Overloaded, Replayed: false, 0);
        try
        {
            return await send();
        }
        finally
        {
            turns.Release();
        }
    }

    private async Task<TransferOutcome> SendAsync(Transfer transfer)
    {
        try
        {
            var grain = grains.GetGrain<ITransferGrain>(transfer.Id.Value);
            return Outcome(await grain.Transfer(TransferOrder.Of(transfer)));
        }
        catch (Exception e) when (ClusterFaults.IsPassing(e))
        {
            return new TransferOutcome(Rejection.Unavailable, Replayed: false, 0);
        }
    }

    private async Task SendAsync(ReadOnlyMemory<Transfer> transfers, int[] chain, Memory<TransferOutcome> outcomes)
    {
        for (var begin = 0; begin < chain.Length; begin += ITransferGroupGrain.TransfersMax)
        {
            var group = chain.AsMemory(begin, Math.Min(ITransferGroupGrain.TransfersMax, chain.Length - begin));
            if (!await TrySendGroupAsync(transfers, group, outcomes))
            {
                // What comes after must not overtake what may still happen: it is not sent.
                foreach (var place in chain.AsSpan(begin))
                    outcomes.Span[place] = new TransferOutcome(Rejection.Unavailable, Replayed: false, 0);
                return;
            }
        }
    }

    private async Task<bool> TrySendGroupAsync(
        ReadOnlyMemory<Transfer> transfers, ReadOnlyMemory<int> group, Memory<TransferOutcome> outcomes)
    {
        await turns.WaitAsync();
        try
        {
            if (group.Length == 1)
            {
                var outcome = await SendAsync(transfers.Span[group.Span[0]]);
                outcomes.Span[group.Span[0]] = outcome;
                return outcome.Rejection != Rejection.Unavailable;
            }
            var orders = new TransferOrder[group.Length];
            for (var i = 0; i < orders.Length; i++) orders[i] = TransferOrder.Of(transfers.Span[group.Span[i]]);
            var answers = await grains.GetGrain<ITransferGroupGrain>(0).Transfer(orders);
            for (var i = 0; i < answers.Length; i++) outcomes.Span[group.Span[i]] = Outcome(answers[i]);
            return true;
        }
        catch (Exception e) when (ClusterFaults.IsPassing(e))
        {
            return false;
        }
        finally
        {
            turns.Release();
        }
    }

    private static TransferOutcome Outcome(TransferAnswer answer) =>
        new(answer.Rejection, answer.Replayed, answer.Sequence);

    // Reads are tried once more: a silo that just left is found out by the first call to it.
    private async ValueTask<TResult> ReadAsync<TResult>(Func<Task<TResult>> read)
    {
        var deadline = time.GetTimestamp();
        while (true)
        {
            try
            {
                return await read();
            }
            catch (Exception e) when (ClusterFaults.IsPassing(e))
            {
                if (time.GetElapsedTime(deadline) > TimeSpan.FromSeconds(options.TransferSecondsMax))
                    throw new WalletUnavailableException("The cluster can't answer just now.");
                await Task.Delay(ClusterFaults.Pause, time);
            }
        }
    }
}
