namespace OrleansWallet.Embedded.Engine;

/// <summary>
/// Why the engine stopped for good, if it did. The first cause stays: what fails afterwards fails because of it.
/// </summary>
internal sealed class EngineFault(NoticeSink notice)
{
    private string? reason;

    /// <summary>What to do when the engine stops for good: wake whoever waits for what will not come.</summary>
    public Action<Exception>? WhenSet { get; set; }

    /// <summary>
    /// The cause, for whoever asks: it goes to callers too, so nothing of the machine is in it, such as a path. Null
    /// while all is well.
    /// </summary>
    public string? Reason => Volatile.Read(ref reason);

    /// <summary>Whether the engine stopped for good.</summary>
    public bool IsSet => Reason is not null;

    /// <summary>Stops the engine for good. Only the first call counts.</summary>
    public void Set(string cause, Exception e)
    {
        var text = $"{cause}. The wallet takes no more; what it answered stays true. Its log says why: mend the cause "
            + "and start it again.";
        if (Interlocked.CompareExchange(ref reason, text, null) is not null) return;
        try
        {
            notice(
                NoticeLevel.Critical,
                $"{cause}: {e.Message} The wallet takes no more; what it answered stays true. Mend the cause and start "
                + "it again.");
        }
        finally
        {
            WhenSet?.Invoke(e);
        }
    }

    /// <summary>Tells the operator something else of a fault.</summary>
    public void Tell(string text) => notice(NoticeLevel.Critical, text);
}
