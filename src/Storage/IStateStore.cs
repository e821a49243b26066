namespace OrleansWallet.Storage;

/// <summary>
/// Where the grains' states lie, a row each. Any number of callers may use it at once: what waits is sent together, as
/// one transaction with one sync, while a lone request goes without delay.
/// </summary>
/// <remarks>
/// A store that was answered is durable. One that failed with <see cref="StateUnavailableException"/> may have been
/// written or not: it isn't tried again here, and loading the row tells. Cancelling takes back a request only while it
/// waits, so that <see cref="OperationCanceledException"/> from a store means that nothing was written.
/// </remarks>
public interface IStateStore : IAsyncDisposable
{
    /// <summary>The row of a key as it was last committed; null where there is none.</summary>
    /// <exception cref="StateUnavailableException">The database can't be read now, or too much waits.</exception>
    Task<StoredState?> LoadAsync(StateKind kind, string key, CancellationToken cancel = default);

    /// <summary>
    /// Writes a row whose version is one above that which it replaces; 1 where there is none yet. That condition is
    /// what keeps two activations of a grain from writing over each other.
    /// </summary>
    /// <exception cref="StateConflictException">The row has another version; nothing was written.</exception>
    /// <exception cref="StateUnavailableException">It isn't known to be written, or too much waits.</exception>
    Task StoreAsync(StateKind kind, StoredState state, CancellationToken cancel = default);

    /// <summary>
    /// A cut of everything that is committed: all reads of it see the same moment. It holds back the database's
    /// clearing up of old versions until it is disposed of.
    /// </summary>
    /// <exception cref="StateUnavailableException">It can't be opened now, or too many are open.</exception>
    Task<IStateSnapshot> OpenSnapshotAsync(CancellationToken cancel = default);

    /// <summary>Writes to the database, and so proves that it can be written now.</summary>
    /// <exception cref="StateUnavailableException">It can't be; the message says why.</exception>
    Task CheckAsync(CancellationToken cancel = default);

    /// <summary>The next number of a counter that all processes on this database share: 1, 2, 3 and so on.</summary>
    /// <exception cref="StateUnavailableException">The database can't be written now.</exception>
    Task<long> NextNodeAsync(CancellationToken cancel = default);

    /// <summary>Fixes a fact of the ledger for ever, unless it is fixed, and answers with the value it has.</summary>
    /// <exception cref="StateUnavailableException">The database can't be written now.</exception>
    Task<string> FixAsync(string name, string value, CancellationToken cancel = default);
}
