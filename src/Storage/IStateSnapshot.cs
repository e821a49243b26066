namespace OrleansWallet.Storage;

/// <summary>
/// Everything that was committed at one moment. One caller uses it at a time; a row may be looked up while a scan is
/// under way.
/// </summary>
public interface IStateSnapshot : IAsyncDisposable
{
    /// <summary>All rows of a kind, in no order, read as they are asked for.</summary>
    IAsyncEnumerable<StoredState> ScanAsync(StateKind kind, CancellationToken cancel = default);

    /// <summary>The row of a key; null where there was none.</summary>
    Task<StoredState?> FindAsync(StateKind kind, string key, CancellationToken cancel = default);
}
