namespace OrleansWallet.Grains.Tests.Support;

// A machine whose clock is wrong by a fixed time; its stopwatch is not.
internal sealed class ShiftedTime(TimeSpan shift) : TimeProvider
{
    public override DateTimeOffset GetUtcNow() => base.GetUtcNow() + shift;
}
