namespace OrleansWallet.Storage.Partitions;

/// <summary>Names one page of a partition's index.</summary>
/// <param name="Run">The run's id.</param>
/// <param name="Page">The page's number in it, from 0.</param>
public readonly record struct IndexPageKey(Guid Run, int Page);
