using FsCheck.Fluent;
using Orleans.Storage;
using Orleans.Transactions;
using Orleans.Transactions.Abstractions;
using OrleansWallet.Grains.Tests.Support;
using OrleansWallet.Ledger.Tests;
using OrleansWallet.Storage;

namespace OrleansWallet.Grains.Tests;

/// <summary>A grain's transactional state in its row: what the transaction protocol relies on.</summary>
[Collection(SharedCluster.Name)]
public sealed class GrainStateTests(SharedCluster shared)
{
    private enum Step
    {
        Prepare,
        PrepareTwo,
        Commit,
        PrepareAndCommit,
        Abort,
        Reload,
        FailBefore,
        FailAfter,
        Conflict,
    }

    [Fact]
    public void Any_sequence_of_steps_leaves_what_a_plain_model_says() => Properties.Hold(
        Arb.From(Gen.ListOf(Gen.Elements(Enum.GetValues<Step>()))),
        steps => Run([.. steps]), tests: 200);

    [Fact]
    public async Task Two_activations_of_one_grain_never_both_write()
    {
        var store = new MemoryStore();
        var (one, other) = (New(store, "a"), New(store, "a"));
        var (first, second) = (await one.Load(), await other.Load());
        await one.Store(first.ETag, new TransactionalStateMetaData(), [Pending(1)], 1, null);
        await Assert.ThrowsAsync<InconsistentStateException>(
            () => other.Store(second.ETag, new TransactionalStateMetaData(), [Pending(1), Pending(2)], 2, null));
        Assert.Equal(1, (await New(store, "a").Load()).CommittedState.Record?.Balance);
    }

    [Fact]
    public async Task A_state_that_was_never_prepared_is_not_committed()
    {
        var state = New(new MemoryStore(), "a");
        var loaded = await state.Load();
        await Assert.ThrowsAsync<InvalidOperationException>(
            () => state.Store(loaded.ETag, new TransactionalStateMetaData(), [Pending(1)], 2, null));
    }

    [Fact]
    public async Task What_was_prepared_is_committed_when_its_manager_has_even_one_that_has_forgotten()
    {
        foreach (var isForgotten in new[] { false, true })
        {
            var store = new MemoryStore();
            var (manager, transaction) = await ManageAsync(store);
            var account = New(store, "a");
            var prepared = Pending(1, transaction, manager.Id);
            var etag = await account.Store(
                (await account.Load()).ETag, new TransactionalStateMetaData(), [prepared], null, null);
            await manager.CommitAsync();
            if (isForgotten) await manager.ForgetAsync();
            await Assert.ThrowsAsync<InconsistentStateException>(
                () => account.Store(etag, new TransactionalStateMetaData(), [], null, 0));
            var loaded = await account.Load();
            Check(loaded, 1, 1, []);
            // The next write makes it last.
            await account.Store(loaded.ETag, new TransactionalStateMetaData(), [], null, null);
            await manager.ForgetAllAsync();
            Check(await New(store, "a").Load(), 1, 1, []);
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_manager_can_no_more_commit_what_a_participant_has_given_up(bool isReplaced)
    {
        var store = new MemoryStore();
        var (manager, transaction) = await ManageAsync(store);
        var account = New(store, "a");
        var prepared = Pending(1, transaction, manager.Id);
        var etag = await account.Store(
            (await account.Load()).ETag, new TransactionalStateMetaData(), [prepared], null, null);
        // Given up by itself, or because another transaction takes its number.
        if (isReplaced) await account.Store(etag, new TransactionalStateMetaData(), [Pending(1)], null, null);
        else await account.Store(etag, new TransactionalStateMetaData(), [], null, 0);
        await Assert.ThrowsAsync<InconsistentStateException>(manager.CommitAsync);
    }

    [Fact]
    public async Task A_transaction_that_was_given_up_stands_in_no_other_ones_way()
    {
        var store = new MemoryStore();
        var (manager, transaction) = await ManageAsync(store);
        var rows = new ManagerRows(
            store, Codec<AccountState>(), Codec<TransferState>(), Codec<StatusChangeState>());
        Assert.True(await rows.TryAbortAsync(manager.Id, transaction.ToString()));
        Assert.True(await rows.TryAbortAsync(manager.Id, Guid.NewGuid().ToString()));
        await manager.CommitAsync(Guid.NewGuid());
        Assert.True(await rows.TryAbortAsync(manager.Id, transaction.ToString()));
        await manager.ForgetAsync();
        // Another activation's write is no fence.
        var (other, _) = await ManageAsync(store, manager.Id);
        Assert.True(await rows.TryAbortAsync(manager.Id, Guid.NewGuid().ToString()));
        await other.CommitAsync();
        await Assert.ThrowsAsync<InconsistentStateException>(() => manager.CommitAsync(Guid.NewGuid()));
    }

    private void Run(Step[] steps) => Task.Run(async () =>
    {
        var store = new FaultyStore(new MemoryStore());
        var state = New(store, "a");
        var etag = (await state.Load()).ETag;
        Assert.Null(etag);
        var (committed, sequence) = (0L, 0L);
        var prepared = new SortedDictionary<long, long>();
        var next = 1L;
        foreach (var (place, step) in steps.Index())
        {
            List<PendingTransactionState<AccountState>> toPrepare = [];
            long? commitUpTo = null;
            long? abortAfter = null;
            var wanted = new SortedDictionary<long, long>(prepared);
            if (step is Step.Prepare or Step.PrepareTwo or Step.PrepareAndCommit
                or Step.FailBefore or Step.FailAfter or Step.Conflict)
            {
                for (var i = 0; i < (step == Step.PrepareTwo ? 2 : 1); i++) toPrepare.Add(Pending(next++));
                foreach (var pending in toPrepare) wanted[pending.SequenceId] = pending.SequenceId;
            }
            if (step is Step.Commit or Step.PrepareAndCommit or Step.FailAfter && wanted.Count > 0)
                commitUpTo = wanted.Keys.ElementAtOrDefault(place % Math.Max(1, wanted.Count));
            if (step == Step.Abort)
                abortAfter = prepared.Keys.ElementAtOrDefault(place % Math.Max(1, prepared.Count)) - 1;

            var (wasPrepared, was) = (prepared, (committed, sequence));
            prepared = wanted;
            foreach (var key in prepared.Keys.Where(key => key > abortAfter).ToArray()) prepared.Remove(key);
            if (commitUpTo > sequence) (committed, sequence) = (prepared[commitUpTo.Value], commitUpTo.Value);
            foreach (var key in prepared.Keys.Where(key => key <= sequence).ToArray()) prepared.Remove(key);

            var mode = step switch
            {
                Step.FailBefore => FaultMode.FailedBefore,
                Step.FailAfter => FaultMode.FailedAfter,
                Step.Conflict => FaultMode.Conflict,
                _ => default(FaultMode?),
            };
            if (mode is { } fault)
            {
                store.PlanStores(["a"], new FaultPlan(1, fault));
                var thrown = await Record.ExceptionAsync(
                    () => state.Store(etag, new TransactionalStateMetaData(), toPrepare, commitUpTo, abortAfter));
                if (fault == FaultMode.Conflict) Assert.IsType<InconsistentStateException>(thrown);
                else Assert.IsType<StateUnavailableException>(thrown);
                // What was not written is not there, what was written is.
                if (fault != FaultMode.FailedAfter) (prepared, (committed, sequence)) = (wasPrepared, was);
            }
            else if (step != Step.Reload)
            {
                etag = await state.Store(etag, new TransactionalStateMetaData(), toPrepare, commitUpTo, abortAfter);
            }
            // After a failure the protocol loads anew; another activation loads the same.
            if (mode is null && step != Step.Reload) continue;
            if (step == Step.Reload) state = New(store, "a");
            var loaded = await state.Load();
            etag = loaded.ETag;
            Check(loaded, committed, sequence, prepared);
        }
        Check(await New(store, "a").Load(), committed, sequence, prepared);
    }).GetAwaiter().GetResult();

    private static void Check(
        TransactionalStorageLoadResponse<AccountState> loaded, long committed, long sequence,
        SortedDictionary<long, long> prepared)
    {
        Assert.Equal(committed, loaded.CommittedState.Record?.Balance ?? 0);
        Assert.Equal(sequence, loaded.CommittedSequenceId);
        Assert.Equal(prepared.Keys, loaded.PendingStates.Select(state => state.SequenceId));
        Assert.Equal(prepared.Values, loaded.PendingStates.Select(state => state.State.Record?.Balance ?? 0));
    }

    private GrainState<AccountState> New(IStateStore store, string key) => New<AccountState>(
        store, StateKind.Account, key);

    private GrainState<TState> New<TState>(IStateStore store, StateKind kind, string key) where TState : class, new() =>
        new(store, kind, key, Codec<TState>(), new ManagerRows(
            store, Codec<AccountState>(), Codec<TransferState>(), Codec<StatusChangeState>()));

    private StateCodec<TState> Codec<TState>() where TState : class, new() =>
        shared.Cluster.Service<StateCodec<TState>>();

    private static PendingTransactionState<AccountState> Pending(
        long sequence, Guid? transaction = null, ParticipantId manager = default) => new()
    {
        SequenceId = sequence,
        TransactionId = (transaction ?? Guid.NewGuid()).ToString(),
        TransactionManager = manager,
        TimeStamp = DateTime.UnixEpoch,
        State = new AccountState { Record = new AccountRecord { Balance = sequence } },
    };

    // A transfer's grain about to commit a transaction: it has loaded its row.
    private async Task<(Manager Manager, Guid Transaction)> ManageAsync(IStateStore store, ParticipantId? again = null)
    {
        var transaction = Guid.NewGuid();
        var reference = (GrainReference)shared.Cluster.Cluster.Client.GetGrain<ITransferGrain>(Guid.NewGuid());
        var id = again
            ?? new ParticipantId("transfer", reference, ParticipantId.Role.Manager | ParticipantId.Role.Resource);
        var state = New<TransferState>(store, StateKind.Transfer, id.Reference.GetPrimaryKey().ToString("D"));
        var loaded = await state.Load();
        return (new Manager(id, state, transaction, loaded.ETag, loaded.CommittedSequenceId), transaction);
    }

    private sealed class Manager(
        ParticipantId id, GrainState<TransferState> state, Guid transaction, string? etag, long committed)
    {
        public ParticipantId Id => id;

        public Task CommitAsync() => CommitAsync(transaction);

        public async Task ForgetAsync() =>
            etag = await state.Store(etag, new TransactionalStateMetaData(), [], null, null);

        // As many others as a row remembers, so that the first is no more among them.
        public async Task ForgetAllAsync()
        {
            for (var i = 0; i < 65; i++)
            {
                await CommitAsync(Guid.NewGuid());
                await ForgetAsync();
            }
        }

        public async Task CommitAsync(Guid id)
        {
            var metadata = new TransactionalStateMetaData();
            metadata.CommitRecords.Add(id, new CommitRecord { WriteParticipants = [] });
            var next = new PendingTransactionState<TransferState>
            {
                SequenceId = ++committed, TransactionId = id.ToString(), State = new TransferState(),
            };
            etag = await state.Store(etag, metadata, [next], committed, null);
        }
    }
}
