using System.Collections.Concurrent;
using OrleansWallet.Embedded.Index;
using OrleansWallet.Embedded.Journal;
using OrleansWallet.Embedded.Snapshots;
using OrleansWallet.Ledger;

namespace OrleansWallet.Embedded.Engine;

/// <summary>
/// What is written in the background: full tables of transaction ids and snapshots on one thread, in the order they
/// come, and merges of the index's files on another, which a large merge may hold for long.
/// </summary>
internal sealed class Archivist : IDisposable
{
    // Each waits for the one before it on the ledger's side: two tables and one capture are the most there can be.
    private const int JobsMax = 8;

    private readonly IndexRuns runs;
    private readonly SnapshotFiles snapshots;
    private readonly int snapshotsKept;
    private readonly EngineFault fault;
    private readonly BlockingCollection<Action> jobs = new(JobsMax);
    private readonly CancellationTokenSource stopMerging = new();
    private readonly AutoResetEvent mayMerge = new(initialState: true);
    private readonly Thread writer;
    private readonly Thread merger;

    public Archivist(IndexRuns runs, SnapshotFiles snapshots, int snapshotsKept, EngineFault fault)
    {
        this.runs = runs;
        this.snapshots = snapshots;
        this.snapshotsKept = snapshotsKept;
        this.fault = fault;
        writer = new Thread(WriteAll) { IsBackground = true, Name = "wallet archivist" };
        merger = new Thread(MergeAll) { IsBackground = true, Name = "wallet index merge" };
        writer.Start();
    }

    /// <summary>Begins to merge, once the ledger was found to be good: a start that refuses changes nothing.</summary>
    public void BeginMerging() => merger.Start();

    /// <summary>Writes a table of ids to the index. All before the point must be durable.</summary>
    public void Flush(RecentIds table, JournalPoint covered) => jobs.Add(() =>
    {
        runs.Flush(table, covered);
        mayMerge.Set();
    });

    /// <summary>Does something else that must not hold the ledger's thread up.</summary>
    public void Run(Action job) => jobs.Add(job);

    /// <summary>Writes a snapshot of a complete capture. All before the point must be durable.</summary>
    public void Write(Partition.PartitionCapture capture, JournalPoint point) =>
        jobs.Add(() => snapshots.Write(capture, point, snapshotsKept));

    /// <summary>Finishes what was asked for, but merges, which can wait.</summary>
    public void Stop()
    {
        jobs.CompleteAdding();
        writer.Join();
        stopMerging.Cancel();
        mayMerge.Set();
        if (merger.ThreadState.HasFlag(ThreadState.Unstarted)) return;
        merger.Join();
    }

    public void Dispose()
    {
        jobs.Dispose();
        stopMerging.Dispose();
        mayMerge.Dispose();
    }

    private void WriteAll()
    {
        foreach (var job in jobs.GetConsumingEnumerable())
            if (!fault.IsSet) Try("Writing a snapshot or the index failed", job);
    }

    private void MergeAll()
    {
        while (!stopMerging.IsCancellationRequested && !fault.IsSet)
        {
            mayMerge.WaitOne();
            Try("Merging the index failed", () =>
            {
                while (!stopMerging.IsCancellationRequested && runs.MergeOnce(stopMerging.Token))
                {
                }
            });
        }
    }

    private void Try(string cause, Action job)
    {
        try
        {
            job();
        }
        catch (OperationCanceledException)
        {
            // Stopping: the files merged so far are left as they were.
        }
        catch (Exception e)
        {
            // Without its index the ledger can't tell a new transaction id from an old one for ever, so it stops. One
            // that is damaged would stop it again and again, so the next start makes it anew.
            fault.Set(cause, e);
            if (e is InvalidDataException) runs.TryDistrust(fault.Tell);
        }
    }
}
