using System.Collections.Concurrent;
using OrleansWallet.Storage;

namespace OrleansWallet.Grains.Tests.Support;

// Rows in memory, with the store's condition on versions; counts loads.
internal sealed class MemoryStore : IStateStore
{
    private readonly ConcurrentDictionary<(StateKind Kind, string Key), StoredState> rows = [];

    public int Loads { get; private set; }

    public Task<StoredState?> LoadAsync(StateKind kind, string key, CancellationToken cancel = default)
    {
        Loads++;
        return Task.FromResult(rows.GetValueOrDefault((kind, key)));
    }

    public Task StoreAsync(StateKind kind, StoredState state, CancellationToken cancel = default)
    {
        if (state.Version != (rows.GetValueOrDefault((kind, state.Key))?.Version ?? 0) + 1)
            return Task.FromException(new StateConflictException(kind, state.Key, state.Version));
        rows[(kind, state.Key)] = state;
        return Task.CompletedTask;
    }

    public Task<IStateSnapshot> OpenSnapshotAsync(CancellationToken cancel = default) =>
        throw new NotSupportedException();

    public Task CheckAsync(CancellationToken cancel = default) => Task.CompletedTask;

    public Task<long> NextNodeAsync(CancellationToken cancel = default) => throw new NotSupportedException();

    public Task<string> FixAsync(string name, string value, CancellationToken cancel = default) =>
        throw new NotSupportedException();

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
