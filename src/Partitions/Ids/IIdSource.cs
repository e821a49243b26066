namespace OrleansWallet.Partitions.Ids;

/// <summary>Ids in the order of their hashes, one at a time.</summary>
internal interface IIdSource
{
    /// <summary>The id at hand.</summary>
    IdEntry Entry { get; }

    /// <summary>Its hash.</summary>
    ulong Hash { get; }

    /// <summary>Goes to the next id. False at the end.</summary>
    ValueTask<bool> MoveNextAsync(CancellationToken cancel);
}
