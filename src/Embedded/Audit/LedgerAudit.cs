using OrleansWallet.Embedded.Journal;
using OrleansWallet.Embedded.Storage;
using OrleansWallet.Ledger;

namespace OrleansWallet.Embedded.Audit;

/// <summary>
/// Replays a data directory from the first event and checks all of it: the journal, what follows from it, the
/// snapshots and the index. It only reads, takes no lock, and may run beside the wallet that writes there; then it
/// sees the ledger up to some batch that was written when it began.
/// </summary>
public static class LedgerAudit
{
    /// <summary>Audits a directory.</summary>
    /// <exception cref="DataDirectoryException">
    /// The directory can't be read, or is no wallet's data directory.
    /// </exception>
    /// <exception cref="OperationCanceledException">It was asked to stop.</exception>
    public static AuditReport Run(
        string directory, AuditOptions options, Action<AuditProgress>? progress = null,
        CancellationToken cancel = default)
    {
        try
        {
            using var storage = LocalStorage.OpenReadOnly(directory);
            return Run(storage, options, progress, cancel);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw Unreadable(directory, e);
        }
    }

    internal static AuditReport Run(
        IStorage storage, AuditOptions options, Action<AuditProgress>? progress, CancellationToken cancel)
    {
        var faults = new List<AuditFault>();
        if (ReadIdentity(storage, faults) is not { } identity) return Nothing(null, faults);

        // Snapshots, then the index, then the journal: each knows only what the ones opened after it have.
        var snapshots = new SnapshotAudit(storage, identity.Id, faults.Add);
        using var index = new IndexAudit(storage, identity.Id, faults.Add);
        JournalFiles journal;
        try
        {
            journal = JournalFiles.Open(storage, identity.Id, segmentBytesMax: 0, write: false);
        }
        catch (DataDirectoryException e)
        {
            faults.Insert(0, new AuditFault(AuditSubject.Journal, e.Message));
            return Nothing(identity.Id, faults);
        }
        using (journal)
        using (var replay = new AuditReplay(journal, snapshots, index, options, progress, cancel))
            return replay.Run(identity.Id, faults);
    }

    internal static LedgerIdentity? ReadIdentity(IStorage storage, List<AuditFault> faults)
    {
        try
        {
            if (LedgerIdentity.Read(storage) is { } identity) return identity;
        }
        catch (DataDirectoryException e)
        {
            faults.Add(new AuditFault(AuditSubject.Identity, e.Message));
            return null;
        }
        var path = Path.Combine(storage.Root, LedgerIdentity.Name);
        if (!storage.List(JournalFiles.Directory).Any(name => SegmentHeader.IsFileName(name, out _)))
            throw new DataDirectoryException(
                $"{storage.Root} is no wallet's data directory: it has neither a file {LedgerIdentity.Name} nor a "
                + "journal. Name the directory that Wallet:DataDirectory names.");
        faults.Add(new AuditFault(AuditSubject.Identity, $"{path} is missing; put it back from a backup."));
        return null;
    }

    internal static DataDirectoryException Unreadable(string directory, Exception cause) =>
        new($"Reading the data directory {Path.GetFullPath(directory)} could not go on: {cause.Message}", cause);

    private static AuditReport Nothing(Guid? ledgerId, List<AuditFault> faults) =>
        new(ledgerId, faults, new LedgerView(0, 0, 0, [], null), 0, 0, 0, 0, null, 0, 0, null);
}
