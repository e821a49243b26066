using System.Globalization;
using Orleans.Storage;
using Orleans.Transactions.Abstractions;
using OrleansWallet.Storage;

namespace OrleansWallet.Grains;

/// <summary>
/// One grain's transactional state in the store. A row's version is its ETag: of two activations of one grain, which
/// can be for a moment after a silo was declared dead, only one can write. What was prepared is committed or given up
/// by what its manager's row says.
/// </summary>
internal sealed class GrainState<TState>(
    IStateStore store, StateKind kind, string key, StateCodec<TState> codec, ManagerRows managers)
    : ITransactionalStateStorage<TState>
    where TState : class, new()
{
    /// <summary>How many confirmed transactions a row remembers. A transfer's grain manages one in its life.</summary>
    private const int ConfirmedMax = 64;

    private long version;
    private ReadOnlyMemory<byte> committedBytes;
    private TState committed = new();
    private ProtocolRecord<TState> protocol = new();
    // Managed here and not known as confirmed: the protocol changes its record of them while it is ours.
    private Guid[] managed = [];

    public async Task<TransactionalStorageLoadResponse<TState>> Load()
    {
        if (await store.LoadAsync(kind, key) is { } row)
        {
            version = row.Version;
            committedBytes = row.State;
            committed = codec.ReadState(row);
            protocol = codec.ReadProtocol(row);
            await CommitWhatManagersDidAsync();
        }
        else
        {
            version = 0;
            committed = new TState();
            committedBytes = codec.Write(committed);
            protocol = new ProtocolRecord<TState>();
        }
        managed = [.. protocol.Metadata.CommitRecords.Keys];
        return new TransactionalStorageLoadResponse<TState>(
            ETag, committed, protocol.CommittedSequence, protocol.Metadata, [.. protocol.Prepared]);
    }

    public async Task<string> Store(
        string? expectedETag, TransactionalStateMetaData metadata,
        List<PendingTransactionState<TState>>? statesToPrepare, long? commitUpTo, long? abortAfter)
    {
        if (expectedETag != ETag) throw Conflict(null);
        var prepared = protocol.Prepared.Where(state => !(state.SequenceId > abortAfter)).ToList();
        foreach (var state in statesToPrepare ?? [])
        {
            prepared.RemoveAll(other => other.SequenceId == state.SequenceId);
            prepared.Add(state);
        }
        prepared.Sort((one, other) => one.SequenceId.CompareTo(other.SequenceId));
        var givenUp = protocol.Prepared.ExceptBy(prepared.Select(IdOf), IdOf).ToArray();
        var (nextCommitted, nextBytes, sequence) = (committed, committedBytes, protocol.CommittedSequence);
        if (commitUpTo > sequence)
        {
            nextCommitted = prepared.Find(state => state.SequenceId == commitUpTo)?.State
                ?? throw new InvalidOperationException($"{kind} '{key}' has nothing prepared under {commitUpTo}.");
            (nextBytes, sequence) = (codec.Write(nextCommitted), commitUpTo.Value);
            prepared.RemoveAll(state => state.SequenceId <= commitUpTo);
        }
        Guid[] nextManaged = [.. metadata.CommitRecords.Keys];
        var next = new ProtocolRecord<TState>
        {
            CommittedSequence = sequence, Metadata = metadata, Prepared = prepared, Fences = protocol.Fences,
            Confirmed = [.. protocol.Confirmed.Concat(managed.Except(nextManaged)).TakeLast(ConfirmedMax)],
        };
        var row = new StoredState(key, version + 1, nextBytes, codec.Write(next));
        await GiveUpAsync(givenUp);
        next.Fences = await StoreAsync(row, nextManaged);
        version += 1 + next.Fences - protocol.Fences;
        (committed, committedBytes, protocol, managed) = (nextCommitted, nextBytes, next, nextManaged);
        return version.ToString(CultureInfo.InvariantCulture);
    }

    // Where participants have given up transactions meanwhile, and nothing else happened to the row, the write goes on
    // top of that, unless it commits one of those. Answers with the row's count of them.
    private async Task<long> StoreAsync(StoredState row, Guid[] commits)
    {
        for (var fences = protocol.Fences; ;)
        {
            try
            {
                await store.StoreAsync(kind, row);
                return fences;
            }
            catch (StateConflictException e)
            {
                if (await store.LoadAsync(kind, key) is not { } found) throw Conflict(e);
                var written = codec.ReadProtocol(found);
                var more = written.Fences - protocol.Fences;
                var isFenced = written.Fences > fences && found.Version - more == version
                    && more <= written.GivenUp.Count && !written.GivenUp.Intersect(commits).Any();
                if (!isFenced) throw Conflict(e);
                var next = codec.ReadProtocol(row);
                next.Fences = fences = written.Fences;
                row = row with { Version = found.Version + 1, Pending = codec.Write(next) };
            }
        }
    }

    // They commit in their order: behind one that didn't, none did.
    private async Task CommitWhatManagersDidAsync()
    {
        var prepared = protocol.Prepared.OrderBy(state => state.SequenceId).ToList();
        while (prepared is [var first, ..]
            && await managers.HasCommittedAsync(first.TransactionManager, first.TransactionId))
        {
            (committed, committedBytes) = (first.State, codec.Write(first.State));
            protocol.CommittedSequence = first.SequenceId;
            prepared.RemoveAt(0);
        }
        protocol.Prepared = prepared;
    }

    private async Task GiveUpAsync(PendingTransactionState<TState>[] states)
    {
        foreach (var state in states)
        {
            if (!await managers.TryAbortAsync(state.TransactionManager, state.TransactionId))
                throw new InconsistentStateException(
                    $"{kind} '{key}' was told to give up transaction {state.TransactionId}, which has committed.");
        }
    }

    private static string IdOf(PendingTransactionState<TState> state) => state.TransactionId;

    private string? ETag => version == 0 ? null : version.ToString(CultureInfo.InvariantCulture);

    private InconsistentStateException Conflict(Exception? cause) =>
        new(
            $"{kind} '{key}' was written by another activation.",
            cause ?? new StateConflictException(kind, key, version + 1));
}
