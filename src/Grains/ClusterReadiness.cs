using OrleansWallet.Ledger;

namespace OrleansWallet.Grains;

/// <summary>Whether this process can do the wallet's work now: a silo answers it, and the store writes.</summary>
public sealed class ClusterReadiness
{
    private const string Starting = "The server has not joined the cluster yet.";
    private volatile string? reason = Starting;

    /// <summary>The readiness as it was last found.</summary>
    public Readiness Now => reason is { } why ? new Readiness(false, why) : new Readiness(true, null);

    /// <summary>Whether a silo has ever been reached. Before that there is nobody to call.</summary>
    public bool HasJoined { get; private set; }

    /// <summary>Says that there are silos to call.</summary>
    public void Joined() => HasJoined = true;

    /// <summary>Says that the work can be done.</summary>
    public void Ready()
    {
        Joined();
        reason = null;
    }

    /// <summary>Says why it can't.</summary>
    public void NotReady(string why) => reason = why;
}
