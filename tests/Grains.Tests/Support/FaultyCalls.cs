using System.Collections.Concurrent;

namespace OrleansWallet.Grains.Tests.Support;

// A filter that makes grain calls fail as planned: of grains with some keys, before the call or after it was done.
internal sealed class FaultyCalls : IIncomingGrainCallFilter
{
    private readonly ConcurrentDictionary<string, (FaultPlan Plan, string Method, Func<Exception?> Fault)> plans = [];

    public void Plan(IEnumerable<string> keys, string method, FaultPlan plan, Func<Exception?> fault)
    {
        foreach (var key in keys) plans[key] = (plan, method, fault);
    }

    public async Task Invoke(IIncomingGrainCallContext context)
    {
        var fault = default(Exception);
        if (plans.TryGetValue(KeyOf(context.TargetId), out var planned)
            && context.MethodName == planned.Method && planned.Plan.Fails(context.MethodName))
            fault = planned.Fault();
        if (fault is not null && planned.Plan.Mode == FaultMode.FailedBefore) throw fault;
        await context.Invoke();
        if (fault is not null) throw fault;
    }

    private static string KeyOf(GrainId grain) =>
        grain.TryGetGuidKey(out var id, out _) ? id.ToString("D") : grain.Key.ToString() ?? "";
}
