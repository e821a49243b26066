using OrleansWallet.Embedded.Journal;
using OrleansWallet.Embedded.Snapshots;
using OrleansWallet.Embedded.Storage;
using OrleansWallet.Ledger;

namespace OrleansWallet.Embedded.Audit;

/// <summary>Compares each snapshot with the replayed state at its point, byte for byte by the image's hash.</summary>
internal sealed class SnapshotAudit
{
    private const string WhatToDo =
        "A snapshot only saves time: delete the file while the wallet is stopped, and the next start replays more of "
        + "the journal.";

    private readonly Queue<(string Path, SnapshotHeader Header)> waiting = [];
    private readonly Action<AuditFault> report;

    /// <summary>
    /// Reads the snapshots there are. This comes before the journal is opened: what a snapshot knows was in the
    /// journal when the snapshot was written.
    /// </summary>
    public SnapshotAudit(IStorage storage, Guid ledgerId, Action<AuditFault> report)
    {
        this.report = report;
        foreach (var (path, header, fault) in new SnapshotFiles(storage, ledgerId).ReadHeaders())
        {
            if (header is not null && fault is null) waiting.Enqueue((path, header));
            else Report(path, $"is damaged: {fault}");
        }
    }

    /// <summary>How many snapshots were found equal to the replayed state.</summary>
    public int Good { get; private set; }

    /// <summary>Compares the snapshots that were taken at this point, if any.</summary>
    public void Visit(Partition state, JournalPoint point)
    {
        while (waiting.TryPeek(out var next) && next.Header.Point.NextSequence <= point.NextSequence)
        {
            waiting.Dequeue();
            if (FaultOf(next.Header, state, point) is { } fault) Report(next.Path, fault);
            else Good++;
        }
    }

    /// <summary>Reports the snapshots whose point the journal never came to.</summary>
    public void Finish(JournalPoint end, Func<long, string> locate)
    {
        foreach (var (path, header) in waiting)
            report(new AuditFault(AuditSubject.Journal,
                $"The journal ends after event {end.NextSequence - 1} at {locate(end.Place)}, but the snapshot {path} "
                + $"includes event {header.Sequence}: recorded events are missing. Put the journal's last segment back "
                + "from a backup."));
    }

    private static string? FaultOf(SnapshotHeader header, Partition state, JournalPoint point)
    {
        if (header.Point.NextSequence != point.NextSequence || header.Point.Place != point.Place)
            return $"was taken after event {header.Sequence} at place {header.Point.Place}, where no batch ends";
        if (!header.Point.Chain.AsSpan().SequenceEqual(point.Chain))
            return $"has another hash chain than the journal after event {header.Sequence}";
        var capture = state.BeginCapture();
        capture.CopySome(int.MaxValue);
        using var image = new HashingStream();
        capture.WriteTo(image);
        return image.Finish().AsSpan().SequenceEqual(header.ImageHash) && image.Count == header.ImageBytes
            ? null
            : $"is not the state that follows from the journal up to event {header.Sequence}";
    }

    private void Report(string path, string fault) =>
        report(new AuditFault(AuditSubject.Snapshot, $"The snapshot {path} {fault}. {WhatToDo}"));
}
