using System.Reflection;
using Microsoft.Extensions.Options;
using OrleansWallet.Ledger;

namespace OrleansWallet.Grains.Tests;

/// <summary>How a front end of account grains answers who waits for a turn.</summary>
public sealed class QueueTests
{
    private static readonly Transfer Transfer = new(
        new TransactionId(Guid.NewGuid()), AccountId.Parse("alice"), AccountId.Parse("bob"),
        new Money(1, Currency.Parse("USD")));

    // A second's patience, and a clock that goes on whenever it is looked at.
    [Theory]
    [InlineData(300, Rejection.Unavailable)]
    [InlineData(600, Rejection.Unavailable)]
    [InlineData(999, Rejection.Unavailable)]
    [InlineData(1_000, Rejection.Overloaded)]
    [InlineData(5_000, Rejection.Overloaded)]
    public async Task Whose_patience_ends_at_any_moment_is_told_so(int millisecondsALook, Rejection expected)
    {
        // No silo is there: who gets a turn is answered "unavailable".
        using var wallet = new ClusterWallet(
            DispatchProxy.Create<IGrainFactory, NoGrains>(), Options.Create(new WalletClusterOptions { QueueSecondsMax = 1 }), new ClusterReadiness(),
            new Hurried(TimeSpan.FromMilliseconds(millisecondsALook)));

        var outcome = await wallet.TransferAsync(Transfer);

        Assert.Equal(expected, outcome.Rejection);
    }

    private sealed class Hurried(TimeSpan aLook) : TimeProvider
    {
        private long looks;

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public override long GetTimestamp() => Interlocked.Increment(ref looks) * aLook.Ticks;
    }

    public class NoGrains : DispatchProxy
    {
        protected override object Invoke(MethodInfo? targetMethod, object?[]? args) =>
            throw new NotSupportedException("No grain is asked here.");
    }
}
