namespace OrleansWallet.Storage;

/// <summary>
/// The row to be replaced doesn't have the version that was expected: another activation wrote it. Nothing was written.
/// </summary>
public sealed class StateConflictException(StateKind kind, string key, long version)
    : Exception($"{kind} {key} can't become version {version}: the row isn't at version {version - 1}.")
{
    /// <summary>What the row is the state of.</summary>
    public StateKind Kind { get; } = kind;

    /// <summary>The row's key.</summary>
    public string Key { get; } = key;

    /// <summary>The version that was to be written.</summary>
    public long Version { get; } = version;
}
