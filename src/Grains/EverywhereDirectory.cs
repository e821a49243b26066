using Orleans.GrainDirectory;

namespace OrleansWallet.Grains;

/// <summary>
/// The directory of grains that work in every silo: there is nothing to look up. Orleans would ask its own directory,
/// a part of which is in each silo, for every such grain that a silo has not met yet, though it is never in it; and
/// where the silo with that part hangs, wait for it.
/// </summary>
internal sealed class EverywhereDirectory : IGrainDirectory
{
    /// <summary>What <see cref="GrainDirectoryAttribute"/> calls it.</summary>
    public const string Name = "everywhere";

    public Task<GrainAddress?> Register(GrainAddress address) => Task.FromResult<GrainAddress?>(address);

    public Task Unregister(GrainAddress address) => Task.CompletedTask;

    public Task<GrainAddress?> Lookup(GrainId grainId) => Task.FromResult<GrainAddress?>(null);

    public Task UnregisterSilos(List<SiloAddress> siloAddresses) => Task.CompletedTask;
}
