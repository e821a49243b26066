using OrleansWallet.Ledger;

namespace OrleansWallet.Partitions;

// Transfers whose payers belong here: their ids are claimed, then they are decided, those of a batch in their order.
public sealed partial class PartitionHost
{
    private static readonly TransferOutcome IdIsAnothers = new(Rejection.TransactionIdReused, Replayed: false, 0);
    private static readonly TransferOutcome Overloaded = new(Rejection.Overloaded, Replayed: false, 0);
    private static readonly TimeSpan SignEvery = TimeSpan.FromSeconds(1);
    // How long a call's outcomes are gathered before those that are there are told.
    private readonly AnswerPace pace = new();

    /// <inheritdoc/>
    public async IAsyncEnumerable<TransferAnswers> TransferAsync(Transfer[] transfers, bool inOrder, TimeSpan patience)
    {
        foreach (ref readonly var transfer in transfers.AsSpan()) Partition.CheckWhole(transfer);
        if (Interlocked.Add(ref waiting, transfers.Length) > options.PartitionTransfersMax)
        {
            Interlocked.Add(ref waiting, -transfers.Length);
            yield return new TransferAnswers(null, Array.ConvertAll(transfers, _ => Overloaded), IsLast: true);
            yield break;
        }
        try
        {
            var group = inOrder ? new TransferGroup(this, transfers) : new SeparateTransfers(this, transfers);
            Locate(group);
            var began = time.GetTimestamp();
            Task whole = SubmitAsync(group, turn => Begin(group, turn));
            while (true)
            {
                await whole.WaitAsync(pace.Gathering, time).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                var isOver = whole.IsCompleted;
                var isWhole = isOver && whole.IsCompletedSuccessfully;
                if (isWhole) pace.Took(time.GetElapsedTime(began));
                yield return group.TakeAnswers(isWhole);
                if (isOver) break;
                if (time.GetElapsedTime(began) > patience) throw NoAnswerInTime();
                await group.ListenAsync().WaitAsync(SignEvery, time)
                    .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
            // Where it failed, what was durable before was told all the same.
            await whole.ConfigureAwait(false);
        }
        finally
        {
            Interlocked.Add(ref waiting, -transfers.Length);
        }
    }

    private static PartitionUnavailableException NoAnswerInTime() =>
        new("There was no answer in time; what was asked may have happened.");

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
        for (var i = 0; i < PrefetchDistance; i++) Prefetch(group, group.Begun + i, turn);
        for (; group.Begun < group.Transfers.Length; group.Begun++)
        {
            Prefetch(group, group.Begun + PrefetchDistance, turn);
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
        if (ids.IsRecent(id) || partition.IsUnderWay(id))
        {
            place.Group.Ready(place.Index);
            return true;
        }
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
        if (answer == ClaimAnswer.Refused)
        {
            Decide(place, IdIsAnothers, turn);
            return;
        }
        place.Group.Where[place.Index].IsNew = answer == ClaimAnswer.Granted;
        place.Group.Ready(place.Index);
    }

    // Something that a group waited for has come.
    private void Came(TransferGroup group, Turn turn)
    {
        group.Awaited--;
        DecideReady(group, turn);
    }

    private void DecideReady(TransferGroup group, Turn turn)
    {
        if (group.Next < group.ReadyCount) Decide(group, turn);
    }

    private void Decide(TransferGroup group, Turn turn)
    {
        // The turn's buffer first: what of an older batch lies in it, is gone from then on.
        _ = RecordsOf(turn);
        ReadKnown(group, turn);
        var now = NowMicros;
        for (var i = 0; i < PrefetchDistance; i++) PrefetchAccounts(group, group.Next + i, turn);
        for (; group.Next < group.ReadyCount; group.Next++)
        {
            PrefetchAccounts(group, group.Next + PrefetchDistance, turn);
            var index = group.ReadyAt(group.Next);
            if (group.IsDecided(index)) continue;
            var deciding = Decide(new Place(group, index), now, turn);
            if (deciding == Deciding.NoRoom)
            {
                domain.Defer(this, next => Decide(group, next));
                return;
            }
            if (deciding == Deciding.Waits && group.IsInOrder) return;
        }
        if (group.IsInOrder && group.Awaited > 0) return;
        group.CameThrough();
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
        place.Group.Decide(place.Index, isReplay ? outcome with { Replayed = true } : outcome, turn);
    }
}
