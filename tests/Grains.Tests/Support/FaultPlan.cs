using System.Globalization;

namespace OrleansWallet.Grains.Tests.Support;

internal enum FaultMode
{
    FailedBefore,
    FailedAfter,
    Conflict,
    Late,
}

// Which one of the steps over some keys fails, and how: the one at that place, counted from 1, and so many after it.
internal sealed class FaultPlan(int at, FaultMode mode, int length = 1)
{
    private int seen;

    public FaultMode Mode => mode;

    // A step that fails does so only when this is done.
    public Task Gate { get; init; } = Task.CompletedTask;

    // How many steps there were, and what failed: a plan that failed nothing was past the last step.
    public int Seen => Volatile.Read(ref seen);

    public string? Hit { get; private set; }

    public bool Fails(string step)
    {
        var place = Interlocked.Increment(ref seen);
        if (place < at || place >= at + length) return false;
        Hit ??= string.Create(CultureInfo.InvariantCulture, $"{place} {step}");
        return true;
    }
}
