using System.Diagnostics;
using Microsoft.Extensions.Options;

namespace OrleansWallet.Grains;

/// <summary>
/// Runs Orleans transactions until one commits. An abort for a passing cause is tried again after a pause with
/// jitter; so is an outcome in doubt: each of the wallet's transactions looks its record up first, so one that did
/// commit is found and not done twice. All of it within a named time, after which the caller hears "unavailable".
/// </summary>
public sealed class Transactions(ITransactionClient client, IOptions<WalletClusterOptions> options, TimeProvider time)
{
    private const int PauseMsFirst = 2;
    private const int PauseMsMax = 250;

    /// <summary>Runs work in a transaction, all of it again where the transaction could not commit.</summary>
    /// <exception cref="TransactionUnavailableException">It did not commit in time, or nobody knows.</exception>
    public async Task<TResult> RunAsync<TResult>(Func<Task<TResult>> work)
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
                var left = TimeSpan.FromSeconds(options.Value.TransferSecondsMax) - time.GetElapsedTime(began);
                if (pause > left) throw new TransactionUnavailableException(e.Message);
                await Task.Delay(pause, time);
            }
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
