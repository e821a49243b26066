using System.Collections.Concurrent;
using Orleans.Serialization.Invocation;

namespace OrleansWallet.Grains.Tests.Support;

// A filter that makes grain calls fail as planned: of grains with some keys, before the call or after it was done. Or
// something else is done in a call's place.
internal sealed class FaultyCalls : IIncomingGrainCallFilter
{
    private readonly ConcurrentDictionary<string, (FaultPlan Plan, string Method, Func<Exception?> Fault)> plans = [];
    private readonly ConcurrentDictionary<(string Key, string Method), Func<IIncomingGrainCallContext, Task>> others =
        [];

    public void Plan(IEnumerable<string> keys, string method, FaultPlan plan, Func<Exception?> fault)
    {
        foreach (var key in keys) plans[key] = (plan, method, fault);
    }

    // The next call of the grain's method is not made; this is done in its place.
    public Task InsteadOf(string key, string method, Func<IIncomingGrainCallContext, Task> other)
    {
        var done = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        others[(key, method)] = async context =>
        {
            await other(context);
            done.SetResult();
        };
        return done.Task;
    }

    public async Task Invoke(IIncomingGrainCallContext context)
    {
        var key = KeyOf(context.TargetId);
        if (others.TryRemove((key, context.MethodName), out var other))
        {
            await other(context);
            context.Response = Response.Completed;
            return;
        }
        var fault = default(Exception);
        if (plans.TryGetValue(key, out var planned)
            && context.MethodName == planned.Method && planned.Plan.Fails(context.MethodName))
            fault = planned.Fault();
        if (fault is not null && planned.Plan.Mode == FaultMode.FailedBefore) throw fault;
        await context.Invoke();
        if (fault is not null) throw fault;
    }

    private static string KeyOf(GrainId grain) =>
        grain.TryGetGuidKey(out var id, out _) ? id.ToString("D") : grain.Key.ToString() ?? "";
}
