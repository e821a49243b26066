namespace OrleansWallet.Storage.Groups;

/// <summary>The stores and the loads that wait for a database; what both databases' stores have in common.</summary>
internal sealed class StateQueues(
    StateStoreOptions options, int writers, int loaders,
    Func<List<StoreRequest>, Task> store, Func<List<LoadRequest>, Task> load)
{
    // One of a key: within one statement a row could be written but once, and in two at a time they'd race.
    private readonly GroupQueue<StoreRequest> stores = new(options, writers, oneOfAKey: true, store);
    private readonly GroupQueue<LoadRequest> loads = new(options, loaders, oneOfAKey: false, load);

    /// <summary>Queues a load.</summary>
    public async Task<StoredState?> LoadAsync(StateKind kind, string key, CancellationToken cancel)
    {
        var request = new LoadRequest(StateKey.Of(kind, key));
        loads.Push(request, cancel);
        return await request.Task.ConfigureAwait(false);
    }

    /// <summary>Queues a store.</summary>
    public async Task StoreAsync(StateKind kind, StoredState state, CancellationToken cancel)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(state.Version, 1);
        var request = new StoreRequest(StateKey.Of(kind, state.Key), state);
        stores.Push(request, cancel);
        await request.Task.ConfigureAwait(false);
    }

    /// <summary>Takes no more, and waits until all that was taken is answered.</summary>
    public Task CloseAsync() => Task.WhenAll(stores.CloseAsync(), loads.CloseAsync());
}
