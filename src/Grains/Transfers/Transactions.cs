using System.Diagnostics;

namespace OrleansWallet.Grains;

/// <summary>
/// Runs Orleans transactions until one commits. An abort for a passing cause is tried again after a pause with
/// jitter; so is an outcome in doubt: each of the wallet's transactions looks its record up first, so one that did
/// commit is found and not done twice. All of it within a named time, after which whoever asked may ask another silo.
/// </summary>
public sealed class Transactions(ITransactionClient client, TimeProvider time)
{
    private const int PauseMsFirst = 2;
    private const int PauseMsMax = 250;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(3);

    private readonly Lock gate = new();
    private readonly TaskCompletionSource drained = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int running;
    private bool isStopping;

    /// <summary>Runs work in a transaction, all of it again where the transaction could not commit.</summary>
    /// <exception cref="TransactionUnavailableException">It did not commit in time, or nobody knows.</exception>
    public async Task<TResult> RunAsync<TResult>(Func<Task<TResult>> work)
    {
        Begin();
        try
        {
            return await TryAsync(work);
        }
        finally
        {
            End();
        }
    }

    /// <summary>
    /// Takes no more work, and waits until what is under way has ended, so that a silo leaves with nothing half done.
    /// </summary>
    public Task DrainAsync()
    {
        lock (gate)
        {
            isStopping = true;
            if (running == 0) drained.TrySetResult();
        }
        return drained.Task;
    }

    private async Task<TResult> TryAsync<TResult>(Func<Task<TResult>> work)
    {
        var began = time.GetTimestamp();
        for (var attempt = 0; ; attempt++)
        {
            try
            {
                var result = default(Task<TResult>);
                await client.RunTransaction(TransactionOption.Create, () => result = work());
                return await (result ?? throw new UnreachableException("The transaction's work was not begun."));
            }
            catch (Exception e) when (ClusterFaults.IsPassing(e))
            {
                var pause = Pause(attempt);
                if (pause > Patience - time.GetElapsedTime(began)) throw new TransactionUnavailableException(e.Message);
                await Task.Delay(pause, time);
            }
        }
    }

    private void Begin()
    {
        lock (gate)
        {
            if (isStopping) throw new TransactionUnavailableException("This silo is stopping.");
            running++;
        }
    }

    private void End()
    {
        lock (gate)
        {
            if (--running == 0 && isStopping) drained.TrySetResult();
        }
    }

    // Full jitter: of many that collided, few meet again.
    private static TimeSpan Pause(int attempt)
    {
        var most = Math.Min(PauseMsMax, PauseMsFirst << Math.Min(attempt, 10));
        return TimeSpan.FromMilliseconds(Random.Shared.NextDouble() * most);
    }
}

/// <summary>A transaction did not commit in its time, or nobody knows. The same may be asked again.</summary>
[GenerateSerializer, Alias("wallet.TransactionUnavailableException")]
public sealed class TransactionUnavailableException(string message) : Exception(message);
