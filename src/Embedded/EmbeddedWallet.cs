using OrleansWallet.Embedded.Engine;
using OrleansWallet.Embedded.Index;
using OrleansWallet.Embedded.Journal;
using OrleansWallet.Embedded.Snapshots;
using OrleansWallet.Embedded.Storage;
using OrleansWallet.Ledger;

namespace OrleansWallet.Embedded;

/// <summary>
/// The wallet on one machine: state in memory, moved by one thread, durable in a journal on local disk before any
/// answer.
/// </summary>
public sealed partial class EmbeddedWallet : IWallet, IAsyncDisposable
{
    private const string Stopping = "The wallet is stopping.";

    private readonly IStorage storage;
    private readonly JournalFiles journal;
    private readonly Partition partition;
    private readonly TransactionIndex index;
    private readonly Archivist archivist;
    private readonly EngineFault fault;
    private readonly RequestQueue queue;
    private readonly LedgerThread ledger;
    private readonly AccountHistory history;
    private readonly PastReads pastReads;
    private readonly Lazy<Task> stopped;

    private EmbeddedWallet(
        IStorage storage, JournalFiles journal, RecoveredLedger recovered, Archivist archivist, EngineFault fault,
        EmbeddedOptions options, TimeProvider time)
    {
        this.storage = storage;
        this.journal = journal;
        this.archivist = archivist;
        this.fault = fault;
        partition = recovered.Partition;
        index = recovered.Index;
        history = new AccountHistory(journal, partition);
        queue = new RequestQueue(options.QueueTransfersMax, options.BatchTransfersMax);
        pastReads = new PastReads();
        stopped = new Lazy<Task>(() => Task.Run(Stop));
        ledger = new LedgerThread(recovered, options, queue, journal, pastReads, archivist, fault, time);
        fault.WhenSet = e =>
        {
            index.Runs.Fail(e);
            ledger.RingAnyway();
        };
    }

    /// <inheritdoc/>
    public Readiness Readiness =>
        fault.Reason is { } reason ? new Readiness(false, reason)
        : queue.IsClosed ? new Readiness(false, Stopping)
        : new Readiness(true, null);

    /// <summary>Why the wallet stopped for good by itself; null if it didn't.</summary>
    public string? StoppedBecause => fault.Reason;

    /// <summary>
    /// Opens the ledger in a directory, or makes a new one. It is ready when the task completes. What an operator
    /// should know of goes to <paramref name="notice"/>.
    /// </summary>
    /// <exception cref="DataDirectoryException">The directory can't be used; the message says why.</exception>
    /// <exception cref="OperationCanceledException">
    /// It was cancelled before the ledger was recovered. Nothing was lost; the next start begins anew.
    /// </exception>
    public static Task<EmbeddedWallet> OpenAsync(
        EmbeddedOptions options, TimeProvider time, NoticeSink notice, CancellationToken cancel = default) =>
        Task.Run(
            () => OpenAsync(
                () => LocalStorage.OpenExclusive(options.DataDirectory, Recovery.Look), options, time, notice, cancel),
            cancel);

    /// <summary>The same for whoever makes no difference between notices, a line each.</summary>
    /// <exception cref="DataDirectoryException">The directory can't be used; the message says why.</exception>
    public static Task<EmbeddedWallet> OpenAsync(
        EmbeddedOptions options, TimeProvider time, Action<string> notice, CancellationToken cancel = default) =>
        OpenAsync(options, time, (_, text) => notice(text), cancel);

    internal static async Task<EmbeddedWallet> OpenAsync(
        Func<IStorage> openStorage, EmbeddedOptions options, TimeProvider time, NoticeSink notice,
        CancellationToken cancel = default)
    {
        var storage = openStorage();
        JournalFiles? journal = null;
        IndexRuns? runs = null;
        Archivist? archivist = null;
        EmbeddedWallet? wallet = null;
        try
        {
            var fault = new EngineFault(notice);
            var identity = Recovery.FindOrCreate(storage, time, notice);
            Recovery.DeleteUnfinished(storage, notice);
            journal = JournalFiles.Open(storage, identity.Id, options.SegmentBytesMax, write: true);
            var known = new KnownPoints(journal);
            runs = Recovery.OpenIndex(storage, identity.Id, options, journal, known, notice);
            fault.WhenSet = runs.Fail;
            var snapshots = new SnapshotFiles(storage, identity.Id);
            archivist = new Archivist(runs, snapshots, options.SnapshotsKept, fault);
            var recovered = Recovery.Recover(runs, journal, snapshots, archivist, options, known, notice, cancel);
            wallet = new EmbeddedWallet(storage, journal, recovered, archivist, fault, options, time);
            archivist.BeginMerging();
            await wallet.OpenSettlementAccountsAsync();
            return wallet;
        }
        catch (Exception e)
        {
            if (wallet is not null)
            {
                await wallet.DisposeAsync();
            }
            else
            {
                archivist?.Stop();
                archivist?.Dispose();
                runs?.Dispose();
                journal?.Dispose();
                storage.Dispose();
            }
            if (e is IOException or UnauthorizedAccessException or WalletUnavailableException)
                throw new DataDirectoryException($"The data directory {storage.Root} can't be used: {e.Message}", e);
            throw;
        }
    }

    /// <inheritdoc/>
    public ValueTask<TransferOutcome> TransferAsync(Transfer transfer, CancellationToken cancel = default)
    {
        cancel.ThrowIfCancellationRequested();
        // Here, where it is the caller's fault alone; on the ledger's thread it would stop the wallet.
        Partition.CheckWhole(transfer);
        var request = TransferRequest.Rent(transfer);
        var answer = request.AnswerTask;
        var pushed = Push(request);
        if (pushed == RequestQueue.Pushed.Queued) return answer;
        request.Return();
        var refusal = pushed == RequestQueue.Pushed.Full ? Rejection.Overloaded : Rejection.Unavailable;
        return ValueTask.FromResult(new TransferOutcome(refusal, Replayed: false, 0));
    }

    /// <inheritdoc/>
    public ValueTask TransferManyAsync(
        ReadOnlyMemory<Transfer> transfers, Memory<TransferOutcome> outcomes, CancellationToken cancel = default)
    {
        cancel.ThrowIfCancellationRequested();
        ArgumentOutOfRangeException.ThrowIfGreaterThan(transfers.Length, IWallet.TransfersMax);
        ArgumentOutOfRangeException.ThrowIfNotEqual(outcomes.Length, transfers.Length);
        if (transfers.IsEmpty) return ValueTask.CompletedTask;
        foreach (ref readonly var transfer in transfers.Span) Partition.CheckWhole(transfer);
        var request = new TransfersRequest(transfers.Span, outcomes, partition.Directory);
        switch (Push(request))
        {
            case RequestQueue.Pushed.Queued:
                break;
            case RequestQueue.Pushed.Full:
                request.RefuseAll(Rejection.Overloaded);
                break;
            default:
                request.RefuseAll(Rejection.Unavailable);
                break;
        }
        return new ValueTask(request.AnswerTask);
    }

    /// <inheritdoc/>
    public ValueTask<AccountResult> OpenAccountAsync(
        AccountId id, Currency currency, CancellationToken cancel = default) =>
        AskAsync(
            (state, at, records) =>
            {
                var refusal = state.Open(id, currency, at, records, out var created);
                return refusal != Rejection.None || !state.Directory.TryFind(id, out var number)
                    ? AccountResult.Refused(refusal)
                    : new AccountResult(Rejection.None, state.View(number), created);
            },
            (result, _) => result, cancel);

    /// <inheritdoc/>
    public ValueTask<AccountResult> SetFrozenAsync(AccountId id, bool frozen, CancellationToken cancel = default) =>
        AskAsync(
            (state, at, records) =>
            {
                var refusal = state.SetFrozen(id, frozen, at, records);
                return refusal != Rejection.None || !state.Directory.TryFind(id, out var number)
                    ? AccountResult.Refused(refusal)
                    : new AccountResult(Rejection.None, state.View(number));
            },
            (result, _) => result, cancel);

    /// <summary>
    /// Stops in order: takes no more, carries out and answers what was taken, writes a snapshot. Safe to call twice.
    /// </summary>
    public async ValueTask DisposeAsync()
    {
        queue.Close();
        await stopped.Value;
    }

    private void Stop()
    {
        try
        {
            ledger.Stop();
            queue.RefuseAll(fault.Reason ?? Stopping);
            archivist.Stop();
            // Last, since it can wait longest, and nothing is lost where the process ends before it has.
            pastReads.Stop();
        }
        finally
        {
            pastReads.Dispose();
            archivist.Dispose();
            index.Dispose();
            journal.Dispose();
            storage.Dispose();
        }
    }

    internal RequestQueue.Pushed Push(Request request)
    {
        var pushed = queue.TryPush(request);
        if (pushed != RequestQueue.Pushed.Queued) return pushed;
        ledger.Ring();
        // Whoever pushes while the queue is being closed may come too late for the last look into it. Until the
        // ledger's thread has ended, it alone takes from the queue, and refuses what is in it at its end.
        if (queue.IsClosed && ledger.HasEnded) queue.RefuseAll(fault.Reason ?? Stopping);
        return pushed;
    }

    private async ValueTask<TAnswer> AskAsync<TFound, TAnswer>(
        Func<Partition, long, RecordBuffer, TFound> execute, Func<TFound, JournalPoint, TAnswer> finish,
        CancellationToken cancel, bool forTheEnd = false, bool readsPast = false)
    {
        cancel.ThrowIfCancellationRequested();
        if (readsPast && pastReads.IsFull) throw new WalletOverloadedException();
        var query = new Query<TFound, TAnswer>(execute, finish, forTheEnd, readsPast);
        switch (Push(query))
        {
            case RequestQueue.Pushed.Queued:
                return await query.AnswerTask;
            case RequestQueue.Pushed.Full:
                throw new WalletOverloadedException();
            default:
                throw new WalletUnavailableException(fault.Reason ?? Stopping);
        }
    }

    private async Task OpenSettlementAccountsAsync()
    {
        await AskAsync(
            (state, at, records) =>
            {
                state.OpenSettlementAccounts(at, records);
                return true;
            },
            (done, _) => done, CancellationToken.None);
    }
}
