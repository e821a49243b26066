namespace OrleansWallet.Partitions.Ids;

/// <summary>What memory knows of an id.</summary>
internal enum IdFinding
{
    /// <summary>It isn't in the index.</summary>
    NotThere,
    /// <summary>It is, and its value is known.</summary>
    Found,
    /// <summary>Only pages in the database tell.</summary>
    MustAsk,
}
