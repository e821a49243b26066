namespace OrleansWallet.Embedded;

/// <summary>How much a notice should trouble an operator.</summary>
public enum NoticeLevel
{
    /// <summary>All is as it should be.</summary>
    Information,
    /// <summary>Something was not as it should be, and was put right.</summary>
    Warning,
    /// <summary>The wallet takes no more until somebody does something.</summary>
    Critical,
}

/// <summary>Takes what an operator should know of, a line at a time; any thread.</summary>
public delegate void NoticeSink(NoticeLevel level, string text);
