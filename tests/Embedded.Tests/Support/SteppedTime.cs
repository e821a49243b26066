namespace OrleansWallet.Embedded.Tests.Support;

/// <summary>A clock that goes on by a microsecond each time it is looked at, and further when told.</summary>
internal sealed class SteppedTime : TimeProvider
{
    public static readonly DateTimeOffset Start = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);
    private long micros;

    public override DateTimeOffset GetUtcNow() => Start.AddMicroseconds(Interlocked.Increment(ref micros));

    public void Advance(TimeSpan by) => Interlocked.Add(ref micros, (long)by.TotalMicroseconds);
}
