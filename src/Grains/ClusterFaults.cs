using Orleans.Transactions;
using OrleansWallet.Partitions;
using OrleansWallet.Storage;
using OrleansWallet.Storage.Partitions;

namespace OrleansWallet.Grains;

/// <summary>
/// Tells what passes by itself (a silo that left, a lost lock, a store out of reach) from a bug. What passes is tried
/// again or answered with "unavailable"; a bug is thrown.
/// </summary>
internal static class ClusterFaults
{
    private const double PauseMsMax = 100;

    /// <summary>A pause before the next try, with full jitter: of many that failed together, few meet again.</summary>
    public static TimeSpan Pause => TimeSpan.FromMilliseconds(Random.Shared.NextDouble() * PauseMsMax);

    /// <summary>Whether a failed call may succeed later.</summary>
    public static bool IsPassing(Exception e) => e switch
    {
        OrleansTransactionsDisabledException => false,
        // Around a bug in a grain, too, a transaction is aborted; then the cause is inside.
        OrleansTransactionAbortedException { InnerException: { } inner } => IsPassing(inner),
        OrleansException or TimeoutException or TransactionUnavailableException => true,
        LockLostException or StartOverException => true,
        PartitionUnavailableException or PartitionFencedException => true,
        StateUnavailableException or StateConflictException => true,
        // The wallet cancels no call: Orleans does, where a message finds no silo in its time.
        OperationCanceledException => true,
        AggregateException { InnerException: { } inner } => IsPassing(inner),
        _ => false,
    };
}

/// <summary>A transaction's lock was lost between two of its steps. It is aborted and tried again.</summary>
[GenerateSerializer, Alias("wallet.LockLostException")]
public sealed class LockLostException(string message) : Exception(message);

/// <summary>A transaction found out that it must begin otherwise. It is aborted and run again.</summary>
[GenerateSerializer, Alias("wallet.StartOverException")]
public sealed class StartOverException(string message) : Exception(message);
