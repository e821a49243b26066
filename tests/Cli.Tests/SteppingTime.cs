namespace OrleansWallet.Cli.Tests;

/// <summary>A clock that stands still until it is moved.</summary>
internal sealed class SteppingTime : TimeProvider
{
    public DateTimeOffset Now { get; set; } = new(2026, 1, 2, 3, 4, 5, TimeSpan.Zero);

    public override DateTimeOffset GetUtcNow() => Now;
}
