using System.Runtime.InteropServices;
using OrleansWallet.Ledger;

namespace OrleansWallet.Partitions;

// Transfers whose payers belong here: their ids are claimed, then they are decided in their order.
public sealed partial class PartitionHost
{
    // So many transfers ahead the processor is asked for memory.
    private const int PrefetchDistance = 8;

    /// <inheritdoc/>
    public async Task<TransferOutcome[]> TransferAsync(Transfer[] transfers)
    {
        if (transfers.Length == 0) return [];
        foreach (ref readonly var transfer in transfers.AsSpan()) Partition.CheckWhole(transfer);
        if (Interlocked.Add(ref waiting, transfers.Length) > options.PartitionTransfersMax)
        {
            Interlocked.Add(ref waiting, -transfers.Length);
            return Array.ConvertAll(transfers, _ => new TransferOutcome(Rejection.Overloaded, Replayed: false, 0));
        }
        try
        {
            var group = new TransferGroup(this, transfers);
            Locate(group);
            return await SubmitAsync(group, turn => Begin(group, turn)).ConfigureAwait(false);
        }
        finally
        {
            Interlocked.Add(ref waiting, -transfers.Length);
        }
    }

    /// <inheritdoc/>
    public Task<bool[]> NeedOrderAsync(AccountTurnover[] accounts)
    {
        var call = new Call<bool[]>(this);
        return SubmitAsync(call, _ =>
        {
            call.Result = Array.ConvertAll(accounts, NeedsOrder);
            // Nobody is told of anything by it that has to be durable.
            call.Answer();
        });
    }

    private bool NeedsOrder(AccountTurnover turnover)
    {
        // Of an account that isn't there, all is refused in any order.
        if (!partition.Directory.TryFind(turnover.Account, out var number)) return false;
        ref readonly var account = ref partition.Accounts[number].Account;
        var (debits, credits) = (
            new Money(turnover.Debits, account.Currency), new Money(turnover.Credits, account.Currency));
        return Decider.DecideDebit(account, partition.HeldOf(number).MinorUnits, debits)
                is Rejection.InsufficientFunds or Rejection.BalanceOverflow
            || Decider.DecideCredit(account, partition.PromisedOf(number).MinorUnits, credits)
                == Rejection.BalanceOverflow;
    }

    // On the caller's thread: to find an account takes waiting for memory three times. So it goes on with others
    // meanwhile: their hashes, the directories' slots, the ids stored.
    private void Locate(TransferGroup group)
    {
        var (transfers, where) = (group.Transfers, group.Where);
        for (var i = 0; i < transfers.Length + 2 * PrefetchDistance; i++)
        {
            if (i < transfers.Length)
            {
                ref var it = ref where[i];
                it.Home = Placement.HomeOf(transfers[i].Id, membership.Partitions);
                it.Payee = Placement.PartitionOf(transfers[i].To, membership.Partitions);
                it.From = (int)AccountDirectory.HashOf(transfers[i].From);
                it.To = (int)AccountDirectory.HashOf(transfers[i].To);
                partition.Directory.PrefetchSlot((uint)it.From);
                DirectoryOf(it.Payee)?.PrefetchSlot((uint)it.To);
            }
            if (i - PrefetchDistance is >= 0 and var second && second < transfers.Length)
            {
                ref readonly var it = ref where[second];
                partition.Directory.PrefetchEntry((uint)it.From);
                DirectoryOf(it.Payee)?.PrefetchEntry((uint)it.To);
            }
            if (i - 2 * PrefetchDistance is >= 0 and var last)
            {
                ref var it = ref where[last];
                partition.Directory.TryFind(transfers[last].From, (uint)it.From, out it.From);
                if (DirectoryOf(it.Payee) is { } directory)
                    directory.TryFind(transfers[last].To, (uint)it.To, out it.To);
                else
                    it.To = -1;
            }
        }
    }

    private AccountDirectory? DirectoryOf(int number) =>
        number == Number ? partition.Directory : domain.Near(number)?.partition.Directory;

    private void Prefetch(TransferGroup group, int index)
    {
        if (index >= group.Transfers.Length) return;
        var id = group.Transfers[index].Id;
        ids.Prefetch(id);
        domain.Near(group.Where[index].Home)?.membership.Claims.Prefetch(id);
    }

    private void PrefetchAccounts(TransferGroup group, int index)
    {
        if (index >= group.Transfers.Length) return;
        ref readonly var where = ref group.Where[index];
        partition.Accounts.Prefetch(where.From);
        domain.Near(where.Payee)?.partition.Accounts.Prefetch(where.To);
    }

    private void Begin(TransferGroup group, Turn turn)
    {
        var now = NowMicros;
        for (; group.Begun < group.Transfers.Length; group.Begun++)
        {
            Prefetch(group, group.Begun + PrefetchDistance);
            var id = group.Transfers[group.Begun].Id;
            if (ids.TryFindPlace(id, out _) || partition.TryFindUnderWay(id, out _)) continue;
            var place = new Place(group, group.Begun);
            var home = group.Where[group.Begun].Home;
            if (domain.Near(home) is not { } near)
            {
                links[home].Claims.Add(place);
                turn.Flush(links[home]);
                group.Awaited++;
                continue;
            }
            var records = near.RecordsOf(turn);
            if (!records.HasRoomFor(1))
            {
                domain.Defer(this, next => Begin(group, next));
                return;
            }
            if (near.partition.ClaimOne(Number, partition.LastAtMicros, id, now, records) == ClaimAnswer.Refused)
                Decide(place, IdIsAnothers, turn);
        }
        Came(group, turn);
    }

    private static readonly TransferOutcome IdIsAnothers = new(Rejection.TransactionIdReused, Replayed: false, 0);

    // Something that a group waited for has come.
    private void Came(TransferGroup group, Turn turn)
    {
        if (--group.Awaited == 0) Decide(group, turn);
    }

    private void Decide(TransferGroup group, Turn turn)
    {
        // The turn's buffer first: what of an older batch lies in it, is gone from then on.
        _ = RecordsOf(turn);
        if (LoadKnown(group)) return;
        var now = NowMicros;
        for (; group.Next < group.Transfers.Length; group.Next++)
        {
            PrefetchAccounts(group, group.Next + PrefetchDistance);
            if (group.IsDecided(group.Next)) continue;
            switch (Decide(new Place(group, group.Next), now, turn))
            {
                case Deciding.NoRoom:
                    domain.Defer(this, next => Decide(group, next));
                    return;
                case Deciding.Waits:
                    return;
            }
        }
        LetGo(group);
    }

    private void LetGo(TransferGroup group)
    {
        foreach (var id in group.Loaded) ids.LetGo(id);
        group.Loaded.Clear();
    }

    // Records that left memory must be there before the partition is asked about their ids.
    private bool LoadKnown(TransferGroup group)
    {
        var missing = new Dictionary<long, List<(TransactionId Id, long Place)>>();
        for (var i = group.Next; i < group.Transfers.Length; i++)
        {
            var id = group.Transfers[i].Id;
            if (group.IsDecided(i) || !ids.MustLoad(id, out var place)) continue;
            ref var some = ref CollectionsMarshal.GetValueRefOrAddDefault(
                missing, RecordPlace.BatchOf(place), out var isKnown);
            if (!isKnown) some = [];
            some?.Add((id, place));
        }
        if (missing.Count == 0) return false;
        group.Awaited++;
        _ = LoadAsync(missing.Values, group);
        return true;
    }

    private async Task LoadAsync(IEnumerable<List<(TransactionId Id, long Place)>> missing, TransferGroup group)
    {
        var records = new List<(TransactionId Id, byte[] Record)>();
        try
        {
            foreach (var some in missing)
            {
                var batch = await FindBatchAsync(some[0].Place).ConfigureAwait(false);
                foreach (var (id, place) in some) records.Add((id, RecordAt(batch, place).ToArray()));
            }
        }
        catch (Exception e)
        {
            group.Fail(e);
            domain.Post(this, _ => LetGo(group));
            return;
        }
        domain.Post(this, turn =>
        {
            // Held until the group is decided: what of others was in memory may be gone by then.
            foreach (var (id, record) in records)
            {
                ids.Hold(id, record);
                group.Loaded.Add(id);
            }
            Came(group, turn);
        });
    }

    private enum Deciding
    {
        Done,
        NoRoom,
        Waits,
    }

    private Deciding Decide(in Place place, long now, Turn turn)
    {
        ref readonly var transfer = ref place.Transfer;
        var records = RecordsOf(turn);
        if (!records.HasRoomFor(1)) return Deciding.NoRoom;
        ref readonly var where = ref place.Group.Where[place.Index];
        var payee = where.Payee;
        if (payee == Number)
        {
            Span<TransferOutcome> outcome = stackalloc TransferOutcome[1];
            partition.Execute([new TransferCommand(transfer, where.From, where.To)], now, records, outcome);
            Decide(place, outcome[0], turn);
            return Deciding.Done;
        }
        if (domain.Near(payee) is { } near)
        {
            var payeeRecords = near.RecordsOf(turn);
            if (!payeeRecords.HasRoomFor(1)) return Deciding.NoRoom;
            var answer = partition.ExecuteTogether(
                near.partition, new TransferCommand(transfer, where.From, where.To), now, records, payeeRecords);
            return Take(place, answer, turn);
        }
        Span<RemoteTransferAnswer> answers = stackalloc RemoteTransferAnswer[1];
        var command = new RemoteTransferCommand(
            transfer, payee, where.From, place.Group.PayeeRefusals?[place.Index]);
        partition.Reserve(options.Protocol, [command], now, records, answers);
        return Take(place, answers[0], turn);
    }

    private Deciding Take(in Place place, in RemoteTransferAnswer answer, Turn turn)
    {
        switch (answer.Step)
        {
            case RemoteTransferStep.Decided:
                Decide(place, answer.Outcome, turn);
                return Deciding.Done;
            case RemoteTransferStep.Reserved:
                links[answer.Payee].Await(answer.Number, place);
                turn.Order(links[answer.Payee], answer.Number);
                return Deciding.Done;
            case RemoteTransferStep.UnderWay:
                links[answer.Payee].Await(answer.Number, place with { IsReplay = true });
                return Deciding.Done;
            default:
                place.Group.Awaited++;
                links[answer.Payee].Questions.Add(place);
                turn.Flush(links[answer.Payee]);
                return Deciding.Waits;
        }
    }

    private static void Decide(in Place place, TransferOutcome outcome, Turn turn)
    {
        var isReplay = place.IsReplay && (outcome.Rejection == Rejection.None || outcome.Rejection.IsFinal());
        if (place.Group.Decide(place.Index, isReplay ? outcome with { Replayed = true } : outcome))
            turn.Then(place.Group);
    }
}
