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

    private void Begin(TransferGroup group, Turn turn)
    {
        if (group.Begun == 0) group.BeginIn(turn, ids.Recorded.Version);
        var now = NowMicros;
        for (; group.Begun < group.Transfers.Length; group.Begun++)
        {
            Prefetch(group, group.Begun + PrefetchDistance);
            if (TryClaim(new Place(group, group.Begun), now, turn)) continue;
            domain.Defer(this, next => Begin(group, next));
            return;
        }
        AskForClaims(group);
        Came(group, turn);
    }

    // Claims an id, or notes where its claim must be asked for. False where there is no room.
    private bool TryClaim(in Place place, long now, Turn turn)
    {
        var id = place.Transfer.Id;
        if (ids.IsRecent(id) || partition.IsUnderWay(id)) return true;
        var home = place.Group.Where[place.Index].Home;
        if (domain.Near(home) is not { } near)
        {
            links[home].Claims.Add(place);
            turn.Flush(links[home]);
            place.Group.Awaited++;
            return true;
        }
        if (near.ids.MustAskClaim(id))
        {
            place.Group.Asked.Add(place.Index);
            return true;
        }
        var records = near.RecordsOf(turn);
        if (!records.HasRoomFor(1)) return false;
        Claimed(place, near.partition.ClaimOne(Number, partition.LastAtMicros, id, now, records), turn);
        return true;
    }

    private static void Claimed(in Place place, ClaimAnswer answer, Turn turn)
    {
        if (answer == ClaimAnswer.Refused) Decide(place, IdIsAnothers, turn);
        else place.Group.Where[place.Index].IsNew = answer == ClaimAnswer.Granted;
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
        if (ReadKnown(group, turn)) return;
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
