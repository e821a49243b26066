namespace OrleansWallet.Storage.Partitions;

/// <summary>A partition's state, and the point of its journal it was taken at.</summary>
/// <param name="State">The state.</param>
/// <param name="Point">Reading goes on from here.</param>
public sealed record PartitionSnapshot<TState>(TState State, PartitionPoint Point);
