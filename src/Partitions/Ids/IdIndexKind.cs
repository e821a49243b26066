namespace OrleansWallet.Partitions.Ids;

/// <summary>What an index maps transaction ids to; the numbers are stored.</summary>
internal enum IdIndexKind : byte
{
    /// <summary>
    /// The payer's partition, at the id's home. Most ids asked for aren't there: its runs have filters.
    /// </summary>
    Claims = 1,
    /// <summary>The place of the transfer's record. Only ids that were claimed before are asked for.</summary>
    Recorded = 2,
}
