using System.Reflection;
using Microsoft.Extensions.Hosting;
using OrleansWallet.Grains;

namespace OrleansWallet.Silo.Tests;

/// <summary>The probe goes on, whatever keeps its answer away, until the process is told to stop.</summary>
public sealed class ReadinessProbeTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    public static TheoryData<Exception> Faults =>
    [
        new OperationCanceledException("The message expired."), new TimeoutException(),
        new InvalidOperationException(),
    ];

    [Theory]
    [MemberData(nameof(Faults))]
    public async Task It_goes_on_after_a_call_that_failed_or_was_cancelled_until_it_is_told_to_stop(Exception fault)
    {
        using var life = new Life();
        var (readiness, health) = (new ClusterReadiness(), new Health(fault));
        using var probe = new ReadinessProbe(GrainsProxy.Of(health), readiness, life);
        await probe.StartAsync(default);
        await Until.TrueAsync(
            () => Task.FromResult(readiness.Now.IsReady), Patience, () => $"The probe is {probe.ExecuteTask?.Status}.");

        life.StopApplication();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(
            () => (probe.ExecuteTask ?? Task.CompletedTask).WaitAsync(Patience));
        var asked = health.Times;
        await probe.StopAsync(default);
        Assert.Equal(asked, health.Times);
    }

    // Fails once, and then answers.
    private sealed class Health(Exception fault) : IHealthGrain
    {
        private int times;

        public int Times => Volatile.Read(ref times);

        public Task<string?> Check() => Interlocked.Increment(ref times) == 1
            ? Task.FromException<string?>(fault) : Task.FromResult<string?>(null);
    }

#pragma warning disable CA1852 // The proxy's type derives from it.
    private class GrainsProxy : DispatchProxy
#pragma warning restore CA1852
    {
        private IHealthGrain? health;

        public static IGrainFactory Of(IHealthGrain health)
        {
            var proxy = Create<IGrainFactory, GrainsProxy>();
            ((GrainsProxy)proxy).health = health;
            return proxy;
        }

        protected override object? Invoke(MethodInfo? targetMethod, object?[]? args) => health;
    }

    private sealed class Life : IHostApplicationLifetime, IDisposable
    {
        private readonly CancellationTokenSource stopping = new();

        public CancellationToken ApplicationStarted => new(canceled: true);

        public CancellationToken ApplicationStopping => stopping.Token;

        public CancellationToken ApplicationStopped => CancellationToken.None;

        public void StopApplication() => stopping.Cancel();

        public void Dispose() => stopping.Dispose();
    }
}
