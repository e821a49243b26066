using OrleansWallet.Embedded.Index;
using OrleansWallet.Embedded.Journal;
using OrleansWallet.Ledger;

namespace OrleansWallet.Embedded.Engine;

/// <summary>A ledger as it was found on disk, ready to go on.</summary>
/// <param name="Partition">Its state after the last event.</param>
/// <param name="Index">The transaction ids.</param>
/// <param name="Records">What the index reads records through.</param>
/// <param name="End">The point after the last event.</param>
/// <param name="SnapshotSequence">The last event that a snapshot includes; 0 without one.</param>
internal sealed record RecoveredLedger(
    Partition Partition, TransactionIndex Index, RecordReader Records, JournalPoint End, long SnapshotSequence);
