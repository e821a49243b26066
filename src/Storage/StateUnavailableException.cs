namespace OrleansWallet.Storage;

/// <summary>The database didn't do what was asked. What a store would have written may be there or not.</summary>
public sealed class StateUnavailableException(string message, Exception? cause = null, bool isOutcomeKnown = false)
    : Exception(message, cause)
{
    /// <summary>Whether it is certain that nothing was written, as the request never left this process.</summary>
    public bool IsOutcomeKnown { get; } = isOutcomeKnown;
}
