using OrleansWallet.Ledger;

namespace OrleansWallet.Embedded.Audit;

/// <summary>Which part of a data directory a fault is in.</summary>
public enum AuditSubject
{
    /// <summary>The file that says which ledger it is.</summary>
    Identity,
    /// <summary>The journal: the ledger itself.</summary>
    Journal,
    /// <summary>A snapshot, which only saves time.</summary>
    Snapshot,
    /// <summary>The index of transaction ids, which can be made anew from the journal.</summary>
    Index,
}

/// <summary>Something in a data directory that is not as it must be.</summary>
/// <param name="Subject">Which part it is in.</param>
/// <param name="Message">File, offset, event where they are known; what is wrong; what to do.</param>
public sealed record AuditFault(AuditSubject Subject, string Message);

/// <summary>How far an audit or a replay is.</summary>
/// <param name="BytesDone">Bytes of the journal read.</param>
/// <param name="BytesTotal">Bytes of the journal.</param>
/// <param name="Events">Events replayed.</param>
public readonly record struct AuditProgress(long BytesDone, long BytesTotal, long Events);

/// <summary>What an audit found in a data directory.</summary>
/// <param name="LedgerId">Which ledger it is; null where its identity can't be read.</param>
/// <param name="Faults">What is wrong; empty when all is good. The first one is the most serious.</param>
/// <param name="Ledger">The ledger after the last good event, its digest included.</param>
/// <param name="Refusals">How many transfers were refused for ever.</param>
/// <param name="Segments">How many segments the journal has.</param>
/// <param name="JournalBytes">Bytes of whole batches that were read.</param>
/// <param name="UnfinishedBytes">Bytes of an unfinished write at the end, which was never acknowledged.</param>
/// <param name="UnfinishedAt">Where the unfinished write lies; null where there is none.</param>
/// <param name="Snapshots">How many snapshots equal the replayed state.</param>
/// <param name="IndexedIds">How many transaction ids the index on disk holds.</param>
/// <param name="LastAt">When the last event was recorded; null without events.</param>
public sealed record AuditReport(
    Guid? LedgerId, IReadOnlyList<AuditFault> Faults, LedgerView Ledger, long Refusals, int Segments,
    long JournalBytes, long UnfinishedBytes, string? UnfinishedAt, int Snapshots, long IndexedIds,
    DateTimeOffset? LastAt)
{
    /// <summary>Whether nothing is wrong.</summary>
    public bool IsGood => Faults.Count == 0;
}
