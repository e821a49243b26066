using System.Collections.Concurrent;
using OrleansWallet.Storage;

namespace OrleansWallet.Grains.Tests.Support;

// A store whose loads or stores of some rows fail as planned. What others do is not counted.
internal sealed class FaultyStore(IStateStore inner) : IStateStore
{
    private readonly ConcurrentDictionary<string, FaultPlan> loads = [];
    private readonly ConcurrentDictionary<string, FaultPlan> stores = [];

    public void PlanLoads(IEnumerable<string> keys, FaultPlan plan)
    {
        foreach (var key in keys) loads[key] = plan;
    }

    public void PlanStores(IEnumerable<string> keys, FaultPlan plan)
    {
        foreach (var key in keys) stores[key] = plan;
    }

    public Task<StoredState?> LoadAsync(StateKind kind, string key, CancellationToken cancel = default) =>
        loads.TryGetValue(key, out var plan) && plan.Fails($"load of {kind}")
            ? Task.FromException<StoredState?>(new StateUnavailableException("The disk is on fire."))
            : inner.LoadAsync(kind, key, cancel);

    public async Task StoreAsync(StateKind kind, StoredState state, CancellationToken cancel = default)
    {
        FaultMode? mode =
            stores.TryGetValue(state.Key, out var plan) && plan.Fails($"store of {kind}") ? plan.Mode : null;
        if (plan is not null && mode is not null) await plan.Gate;
        if (mode == FaultMode.FailedBefore) throw new StateUnavailableException("The disk is on fire.");
        if (mode == FaultMode.Conflict) throw new StateConflictException(kind, state.Key, state.Version);
        await inner.StoreAsync(kind, state, cancel);
        if (mode == FaultMode.FailedAfter) throw new StateUnavailableException("The disk was on fire.");
    }

    public Task<IStateSnapshot> OpenSnapshotAsync(CancellationToken cancel = default) =>
        inner.OpenSnapshotAsync(cancel);

    public Task CheckAsync(CancellationToken cancel = default) => inner.CheckAsync(cancel);

    public Task<long> NextNodeAsync(CancellationToken cancel = default) => inner.NextNodeAsync(cancel);

    public Task<string> FixAsync(string name, string value, CancellationToken cancel = default) =>
        inner.FixAsync(name, value, cancel);

    public ValueTask DisposeAsync() => inner.DisposeAsync();
}
