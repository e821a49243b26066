using Orleans.Configuration;

namespace OrleansWallet.Silo;

/// <summary>How long the cluster's parts wait for each other. A caller's longest wait follows from these.</summary>
internal static class CallTimes
{
    /// <summary>
    /// How long a call to a grain may take, where its interface says nothing else. A transaction waits for a lock for
    /// up to 5 seconds and for its participants for up to 3.
    /// </summary>
    public static readonly TimeSpan ResponseTimeout = TimeSpan.FromSeconds(10);

    /// <summary>How long a front end waits before it looks for silos again.</summary>
    public static readonly TimeSpan ConnectionRetry = TimeSpan.FromSeconds(1);

    /// <summary>How often a front end looks which silos there are.</summary>
    public static readonly TimeSpan GatewayListRefresh = TimeSpan.FromSeconds(5);

    /// <summary>
    /// Two silos that miss three probes in a row, two seconds apart, declare one dead, if nothing else came from it in
    /// three times the longest probe. So a silo that hangs is out after some seven seconds, and a long pause is not yet
    /// a death. (One that was killed is out at once: <see cref="CrashDetector"/>.)
    /// </summary>
    public static void Configure(ClusterMembershipOptions membership)
    {
        membership.ProbeTimeout = TimeSpan.FromSeconds(2);
        membership.MaxProbeTimeout = TimeSpan.FromSeconds(2);
        membership.NumMissedProbesLimit = 3;
        membership.TableRefreshTimeout = TimeSpan.FromSeconds(10);
        membership.IAmAliveTablePublishTimeout = TimeSpan.FromSeconds(10);
        membership.DefunctSiloCleanupPeriod = TimeSpan.FromHours(1);
        membership.DefunctSiloExpiration = TimeSpan.FromDays(1);
    }
}
