using System.ComponentModel.DataAnnotations;

namespace OrleansWallet.Storage.Partitions;

/// <summary>The limits of the partitions' journal, archive, snapshots and index; each server has its own.</summary>
public sealed record PartitionStoreOptions
{
    /// <summary>The most partitions a ledger can have.</summary>
    public const int PartitionsMax = 1_024;

    /// <summary>How many partitions the ledger has: fixed for ever when it is made.</summary>
    [Range(1, PartitionsMax)]
    public int PartitionCount { get; init; } = 64;

    /// <summary>How many batches are committed together at most.</summary>
    [Range(1, PartitionsMax)]
    public int GroupBatchesMax { get; init; } = 256;

    /// <summary>How many bytes are committed together at most; a larger batch goes alone.</summary>
    [Range(1, 1 << 28)]
    public int GroupBytesMax { get; init; } = 8 << 20;

    /// <summary>How many batches may wait; over it the answer is "overloaded".</summary>
    [Range(1, 1 << 20)]
    public int WaitingBatchesMax { get; init; } = 4096;

    /// <summary>How many bytes of batches may wait; over it the answer is "overloaded".</summary>
    [Range(PartitionBatch.LengthMax, 1 << 30)]
    public int WaitingBytesMax { get; init; } = 128 << 20;

    /// <summary>How many groups may be under way at once; a partition is in one at a time.</summary>
    [Range(1, 16)]
    public int WritersMax { get; init; } = 2;

    /// <summary>How many reads may be under way at once; others wait, as long as a command may take.</summary>
    [Range(1, 64)]
    public int ReadersMax { get; init; } = 4;

    /// <summary>How many batches are read in one portion at most.</summary>
    [Range(1, 1 << 16)]
    public int ReadBatchesMax { get; init; } = 256;

    /// <summary>How many bytes are read in one portion at most; a larger batch comes alone.</summary>
    [Range(1, 1 << 28)]
    public int ReadBytesMax { get; init; } = 4 << 20;

    /// <summary>How many bytes of batches go into one row of the archive at most; a larger batch goes alone.</summary>
    [Range(1, 1 << 26)]
    public int ArchiveRowBytesMax { get; init; } = 1 << 20;

    /// <summary>How many batches go into one row of the archive at most.</summary>
    [Range(1, 1 << 16)]
    public int ArchiveRowBatchesMax { get; init; } = 4_096;

    /// <summary>How many bytes a row's batches may have on average; larger ones stay in the journal.</summary>
    [Range(0, 1 << 28)]
    public int ArchivedBatchBytesMax { get; init; } = 2 << 10;

    /// <summary>How many bytes of a snapshot go into one row.</summary>
    [Range(1, 1 << 26)]
    public int SnapshotChunkBytes { get; init; } = 1 << 20;

    /// <summary>After how many bytes of an index's pages they are committed.</summary>
    [Range(1, 1 << 26)]
    public int IndexPortionBytes { get; init; } = 1 << 20;

    /// <summary>How many pages of an index are read, or deleted, by one command at most.</summary>
    [Range(1, 1 << 16)]
    public int IndexPagesMax { get; init; } = 1_024;

    /// <summary>How long one command may take, in seconds.</summary>
    [Range(1, 600)]
    public int CommandSeconds { get; init; } = 10;

    internal PartitionStoreOptions Checked()
    {
        Validator.ValidateObject(this, new ValidationContext(this), validateAllProperties: true);
        return this;
    }
}
