using OrleansWallet.Ledger;

namespace OrleansWallet.Bench;

/// <summary>
/// A rate of refusals would be a rate of something else: refused transfers write less and touch no balance. So each
/// outcome of every load must be a success, and a new one.
/// </summary>
internal static class Succeeded
{
    public static void Require(in TransferOutcome outcome)
    {
        if (outcome.Rejection != Rejection.None || outcome.Replayed)
            throw new InvalidOperationException($"A transfer of the bench came to {outcome}.");
    }

    public static void Require(ReadOnlySpan<TransferOutcome> outcomes)
    {
        foreach (ref readonly var outcome in outcomes) Require(outcome);
    }
}
