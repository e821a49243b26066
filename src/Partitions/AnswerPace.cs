namespace OrleansWallet.Partitions;

/// <summary>
/// How long to wait for all outcomes of a call before some are told: some times as long as calls take just now, so that
/// only what is held up is told apart; and never so long that the caller would take the partition for lost. Any thread;
/// of several at once one counts.
/// </summary>
internal sealed class AnswerPace
{
    private const double Times = 3;
    private const double Weight = 1.0 / 16;
    private const double MsMin = 50;
    private const double MsMax = 400;

    private double takesMs;

    /// <summary>How long to wait now.</summary>
    public TimeSpan Gathering =>
        TimeSpan.FromMilliseconds(Math.Clamp(Times * Volatile.Read(ref takesMs), MsMin, MsMax));

    /// <summary>Notes how long a call took. One that was held up counts as much as the longest wait.</summary>
    public void Took(TimeSpan time)
    {
        var before = Volatile.Read(ref takesMs);
        Volatile.Write(ref takesMs, before + (Math.Min(time.TotalMilliseconds, MsMax) - before) * Weight);
    }
}
