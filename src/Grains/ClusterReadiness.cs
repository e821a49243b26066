using OrleansWallet.Ledger;

namespace OrleansWallet.Grains;

/// <summary>Whether this process can do the wallet's work now: a silo answers it, and the store writes.</summary>
public sealed class ClusterReadiness
{
    private const string Starting = "The server has not joined the cluster yet.";
    private volatile string? reason = Starting;

    /// <summary>The readiness as it was last found.</summary>
    public Readiness Now => reason is { } why ? new Readiness(false, why) : new Readiness(true, null);

    /// <summary>Says that the work can be done.</summary>
    public void Ready() => reason = null;

    /// <summary>Says why it can't.</summary>
    public void NotReady(string why) => reason = why;
}
