using System.Diagnostics;
using System.Globalization;

namespace OrleansWallet.Silo.Tests;

/// <summary>What callers felt of something that happened, until the next thing did.</summary>
internal sealed class LoadReport
{
    private static readonly TimeSpan Slow = TimeSpan.FromSeconds(2);
    private readonly List<(string Name, long At)> events = [];

    /// <summary>Notes that something happens now.</summary>
    public void Happens(string name) => events.Add((name, Stopwatch.GetTimestamp()));

    /// <summary>A line for each event.</summary>
    public IEnumerable<string> Lines(Load load) => Lines(load, 0, load.Callers);

    /// <summary>A line for each event, of some of the callers.</summary>
    public IEnumerable<string> Lines(Load load, int first, int callers)
    {
        var attempts = load.Attempts.Where(a => a.Caller >= first && a.Caller < first + callers).ToArray();
        for (var i = 0; i < events.Count; i++)
        {
            var (name, at) = events[i];
            var until = i + 1 < events.Count ? events[i + 1].At : long.MaxValue;
            var during = attempts.Where(a => a.Ended >= at && a.Ended < until).ToArray();
            yield return during.Length > 0 ? Line(name, at, during, first, callers) : $"{name}: no request ended.";
        }
    }

    // A caller is served again when the last of its transfers that had to be sent again, or took long, has its outcome.
    private static string Line(string name, long at, Attempt[] attempts, int first, int callers)
    {
        var again = Enumerable.Range(first, callers).Select(caller => attempts
            .Where(a => a.Caller == caller).GroupBy(a => a.Id)
            .Where(transfer => transfer.Count() > 1 || transfer.Any(a => a.Wait > Slow))
            .Select(transfer => Stopwatch.GetElapsedTime(at, transfer.Max(a => a.Ended)).TotalSeconds)
            .DefaultIfEmpty(0).Max()).Order().ToArray();
        double Share(Ending ending) => 100.0 * attempts.Count(a => a.Ending == ending) / attempts.Length;
        return string.Create(CultureInfo.InvariantCulture,
            $"{name}: half of the callers served again after {again[callers / 2]:0.0} s, 95 % after "
            + $"{again[callers * 95 / 100]:0.0} s, all after {again[^1]:0.0} s; of {attempts.Length} requests "
            + $"{Share(Ending.Unavailable):0.0} % were answered 503, {Share(Ending.Overloaded):0.0} % 429, "
            + $"{Share(Ending.Broken):0.0} % not at all; longest wait {attempts.Max(a => a.Wait).TotalSeconds:0.0} s.");
    }
}
