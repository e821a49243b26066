namespace OrleansWallet.Storage.Partitions;

/// <summary>What a batch is. The numbers are stored and never change their meaning.</summary>
public enum PartitionBatchKind : byte
{
    /// <summary>Records of the partition.</summary>
    Records = 1,
    /// <summary>
    /// A new activation of the partition begins: from here on nothing that an older one still has on its way can be
    /// written. It has the activation's id, and no records.
    /// </summary>
    Activation = 2,
    /// <summary>Records of the partition, packed by who wrote them.</summary>
    PackedRecords = 3,
}
