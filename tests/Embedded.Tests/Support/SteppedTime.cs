namespace OrleansWallet.Embedded.Tests.Support;

/// <summary>A clock that goes on by a microsecond each time it is looked at, and further when told.</summary>
internal sealed class SteppedTime : TimeProvider
{
    public static readonly DateTimeOffset Start = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);
    private long micros;

    /// <summary>Runs whenever it is looked at, which holds up the thread that looks.</summary>
    public Action? WhenAsked { get; set; }

    public override DateTimeOffset GetUtcNow()
    {
        WhenAsked?.Invoke();
        return Start.AddMicroseconds(Interlocked.Increment(ref micros));
    }

    public void Advance(TimeSpan by) => Interlocked.Add(ref micros, (long)by.TotalMicroseconds);
}
