using System.Globalization;
using Orleans.Storage;
using Orleans.Transactions.Abstractions;
using OrleansWallet.Storage;

namespace OrleansWallet.Grains;

/// <summary>
/// One grain's transactional state in the store. A row's version is its ETag: of two activations of one grain, which
/// can be for a moment after a silo was declared dead, only one can write.
/// </summary>
internal sealed class GrainState<TState>(
    IStateStore store, StateKind kind, string key, StateCodec<TState> codec) : ITransactionalStateStorage<TState>
    where TState : class, new()
{
    private long version;
    private ReadOnlyMemory<byte> committedBytes;
    private TState committed = new();
    private ProtocolRecord<TState> protocol = new();

    public async Task<TransactionalStorageLoadResponse<TState>> Load()
    {
        if (await store.LoadAsync(kind, key) is { } row)
        {
            version = row.Version;
            committedBytes = row.State;
            committed = codec.ReadState(row);
            protocol = codec.ReadProtocol(row);
        }
        else
        {
            version = 0;
            committed = new TState();
            committedBytes = codec.Write(committed);
            protocol = new ProtocolRecord<TState>();
        }
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
        var (nextCommitted, nextBytes, sequence) = (committed, committedBytes, protocol.CommittedSequence);
        if (commitUpTo > sequence)
        {
            nextCommitted = prepared.Find(state => state.SequenceId == commitUpTo)?.State
                ?? throw new InvalidOperationException($"{kind} '{key}' has nothing prepared under {commitUpTo}.");
            (nextBytes, sequence) = (codec.Write(nextCommitted), commitUpTo.Value);
            prepared.RemoveAll(state => state.SequenceId <= commitUpTo);
        }
        var next = new ProtocolRecord<TState>
        {
            CommittedSequence = sequence, Metadata = metadata, Prepared = prepared,
        };
        try
        {
            await store.StoreAsync(kind, new StoredState(key, version + 1, nextBytes, codec.Write(next)));
        }
        catch (StateConflictException e)
        {
            throw Conflict(e);
        }
        version++;
        (committed, committedBytes, protocol) = (nextCommitted, nextBytes, next);
        return version.ToString(CultureInfo.InvariantCulture);
    }

    private string? ETag => version == 0 ? null : version.ToString(CultureInfo.InvariantCulture);

    private InconsistentStateException Conflict(Exception? cause) =>
        new(
            $"{kind} '{key}' was written by another activation.",
            cause ?? new StateConflictException(kind, key, version + 1));
}
