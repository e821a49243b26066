using System.Diagnostics;

namespace OrleansWallet.Cli.Load;

/// <summary>Hands transfers out by their numbers until they, or the time, are over, or somebody says stop.</summary>
internal sealed class LoadClock(LoadSettings settings, CancellationToken stop)
{
    private readonly long begun = Stopwatch.GetTimestamp();
    private long next;
    private volatile bool isStopped;

    /// <summary>How long it has run.</summary>
    public TimeSpan Elapsed => Stopwatch.GetElapsedTime(begun);

    /// <summary>How much of what was asked for is over, by number or by time, 0 to 1.</summary>
    public double Share => Math.Max(
        Math.Min(1, Volatile.Read(ref next) / (double)settings.Transfers),
        Math.Min(1, Elapsed / settings.Duration));

    /// <summary>Takes up to so many transfers. False when there is nothing more to begin.</summary>
    public bool TryTake(int batch, out long first, out int count)
    {
        first = 0;
        count = 0;
        if (isStopped || stop.IsCancellationRequested || Elapsed >= settings.Duration) return false;
        first = Interlocked.Add(ref next, batch) - batch;
        count = (int)Math.Min(batch, settings.Transfers - first);
        return count > 0;
    }

    /// <summary>Hands nothing more out.</summary>
    public void Stop() => isStopped = true;
}
