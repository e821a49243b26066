using System.Runtime.InteropServices;
using OrleansWallet.Ledger;

namespace OrleansWallet.Partitions;

// Transfers whose payers belong here: their ids are claimed, then they are decided in their order.
public sealed partial class PartitionHost
{
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
            var group = new TransferGroup(transfers);
            Enqueue(turn => Begin(group, turn));
            return await AnsweredAsync(group.Task).ConfigureAwait(false);
        }
        finally
        {
            Interlocked.Add(ref waiting, -transfers.Length);
        }
    }

    /// <inheritdoc/>
    public Task<bool[]> NeedOrderAsync(AccountTurnover[] accounts) =>
        AskAsync(_ => Array.ConvertAll(accounts, NeedsOrder));

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

    private void Begin(TransferGroup group, Turn turn)
    {
        var mine = new List<int>();
        for (var i = 0; i < group.Transfers.Length; i++)
        {
            var id = group.Transfers[i].Id;
            if (ids.TryFindPlace(id, out _) || partition.TryFindUnderWay(id, out _)) continue;
            var home = Placement.HomeOf(id, membership.Partitions);
            if (home == Number)
            {
                mine.Add(i);
                continue;
            }
            links[home].Claims.Add(new Place(group, i));
            turn.Links.Add(links[home]);
            group.Awaited++;
        }
        ClaimMine(group, mine, turn);
        if (group.Awaited == 0) Decide(group, turn);
    }

    private void ClaimMine(TransferGroup group, List<int> mine, Turn turn)
    {
        if (mine.Count == 0) return;
        if (!turn.Records.HasRoomFor(mine.Count))
        {
            group.Awaited++;
            deferred.Enqueue(next =>
            {
                ClaimMine(group, mine, next);
                Came(group, next);
            });
            return;
        }
        var claimed = mine.ConvertAll(i => group.Transfers[i].Id);
        var granted = new bool[mine.Count];
        partition.Claim(Number, 0, CollectionsMarshal.AsSpan(claimed), NowMicros, turn.Records, granted);
        for (var i = 0; i < granted.Length; i++)
            if (!granted[i]) Decide(new Place(group, mine[i]), IdIsAnothers, turn);
    }

    private static readonly TransferOutcome IdIsAnothers = new(Rejection.TransactionIdReused, Replayed: false, 0);

    // Something that a group waited for has come.
    private void Came(TransferGroup group, Turn turn)
    {
        if (--group.Awaited == 0) Decide(group, turn);
    }

    private void Decide(TransferGroup group, Turn turn)
    {
        if (LoadKnown(group)) return;
        for (; group.Next < group.Transfers.Length; group.Next++)
        {
            if (group.IsDecided(group.Next)) continue;
            if (!turn.Records.HasRoomFor(1))
            {
                deferred.Enqueue(next => Decide(group, next));
                return;
            }
            var place = new Place(group, group.Next);
            if (!Decide(place, turn)) return;
        }
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
            group.TrySetException(e);
            return;
        }
        inbox.Add(turn =>
        {
            foreach (var (id, record) in records) ids.Hold(id, record);
            turn.Then(() =>
            {
                foreach (var (id, _) in records) ids.LetGo(id);
            });
            Came(group, turn);
        });
    }

    // False where the group has to wait.
    private bool Decide(in Place place, Turn turn)
    {
        ref readonly var transfer = ref place.Transfer;
        var payee = Placement.PartitionOf(transfer.To, membership.Partitions);
        if (payee == Number)
        {
            Span<TransferOutcome> outcome = stackalloc TransferOutcome[1];
            partition.Execute([new TransferCommand(transfer)], NowMicros, turn.Records, outcome);
            Decide(place, outcome[0], turn);
            return true;
        }
        Span<RemoteTransferAnswer> answers = stackalloc RemoteTransferAnswer[1];
        var command = new RemoteTransferCommand(transfer, payee, PayeeRefusal: place.Group.PayeeRefusals?[place.Index]);
        partition.Reserve(options.Protocol, [command], NowMicros, turn.Records, answers);
        var answer = answers[0];
        switch (answer.Step)
        {
            case RemoteTransferStep.Decided:
                Decide(place, answer.Outcome, turn);
                return true;
            case RemoteTransferStep.Reserved:
                links[payee].Await(answer.Number, place);
                turn.Order(links[payee], answer.Number);
                return true;
            case RemoteTransferStep.UnderWay:
                links[answer.Payee].Await(answer.Number, place with { IsReplay = true });
                return true;
            default:
                place.Group.Awaited++;
                links[payee].Questions.Add(place);
                turn.Links.Add(links[payee]);
                return false;
        }
    }

    private static void Decide(in Place place, TransferOutcome outcome, Turn turn)
    {
        var isReplay = place.IsReplay && (outcome.Rejection == Rejection.None || outcome.Rejection.IsFinal());
        if (place.Group.Decide(place.Index, isReplay ? outcome with { Replayed = true } : outcome))
            turn.Then(place.Group.Answer);
    }
}
