using Orleans.Concurrency;
using Orleans.GrainDirectory;
using OrleansWallet.Storage;

namespace OrleansWallet.Grains;

/// <summary>Tries the store. On each silo its own, so that a silo's probe tells of that silo.</summary>
[StatelessWorker, Reentrant, GrainDirectory(EverywhereDirectory.Name)]
public sealed class HealthGrain(IStateStore store) : Grain, IHealthGrain
{
    /// <inheritdoc/>
    public async Task<string?> Check()
    {
        try
        {
            await store.CheckAsync();
            return null;
        }
        catch (StateUnavailableException)
        {
            // What exactly failed is in the log; a caller needs no names of hosts or files.
            return "The ledger's store can't be written just now.";
        }
    }
}
