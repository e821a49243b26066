using System.Diagnostics;
using Orleans.Concurrency;
using Orleans.Transactions.Abstractions;
using OrleansWallet.Ledger;

namespace OrleansWallet.Grains;

/// <summary>
/// One account's part in a transaction. The rules are the decider's. Reentrant, since a call that waits for the lock
/// must not keep out the next call of the transaction that holds it; the lock keeps transactions apart.
/// </summary>
[Reentrant]
public sealed class AccountGrain(
    [TransactionalState("account", WalletStorage.Name)] ITransactionalState<AccountState> account,
    NodeClock clock, StripeCount stripes) : Grain, IAccountGrain
{
    // What this grain applied last, and the account before it: kept for the transaction that holds the lock.
    private Guid lastEvent;
    private AccountRecord? beforeLast;
    // An account that was opened stays so. Before that, nothing about it is written. It may have been seen in a
    // transaction whose opening did not commit in the end.
    private bool known;

    private string Key => this.GetPrimaryKeyString();

    /// <inheritdoc/>
    public Task<LegResult> Debit(Leg leg) => ApplyAsync(leg, isDebit: true);

    /// <inheritdoc/>
    public Task<LegResult> Credit(Leg leg) => ApplyAsync(leg, isDebit: false);

    /// <inheritdoc/>
    public Task Undo(Guid transferId) => account.PerformUpdate(state =>
    {
        CheckLast(transferId);
        state.Record = beforeLast;
    });

    /// <inheritdoc/>
    public Task Resequence(Guid eventId, long sequence) => account.PerformUpdate(state =>
    {
        CheckLast(eventId);
        clock.Observe(sequence);
        state.Record = Of(state) with { Sequence = sequence };
    });

    /// <inheritdoc/>
    public Task<AccountRecord?> Lock() => Read();

    /// <inheritdoc/>
    public Task<AccountRecord?> Read() => account.PerformRead(Find);

    /// <inheritdoc/>
    public Task SetShare(StripeShareRecord share) => account.PerformUpdate(
        state => state.Record = Of(state) with { Share = share });

    /// <inheritdoc/>
    public async Task<PastResult> ReadAt(long sequence, bool hasCome)
    {
        var record = await account.PerformRead(Find);
        // The clocks of two silos differ; an event that there is has happened.
        if (!hasCome && sequence > Math.Max(clock.Now, record?.Sequence ?? 0))
            return new PastResult(Rejection.InTheFuture, null);
        if (record is null || record.OpenedSequence > sequence) return new PastResult(Rejection.AccountNotFound, null);
        if (sequence > Math.Max(record.Sequence, record.ReadSequence) && !clock.IsPastForAll(sequence))
        {
            record = await account.PerformUpdate(
                state => state.Record = Of(state) with { ReadSequence = sequence });
        }
        return new PastResult(Rejection.None, record);
    }

    /// <inheritdoc/>
    public async Task<OpenResult> Open(ushort currency)
    {
        var record = await account.PerformRead(Find);
        var refusal = Decider.DecideOpen(
            record?.ToAccount() ?? default, AccountId.Parse(Key), Stored.Currency(currency));
        if (refusal != Rejection.None || record is not null) return new OpenResult(refusal, record, Created: false);
        var opened = AccountEvents.Opened(currency, clock.Next(0));
        await account.PerformUpdate(state => state.Record = opened);
        return new OpenResult(Rejection.None, opened, Created: true);
    }

    /// <inheritdoc/>
    public async Task<StatusResult> SetFrozen(Guid changeId, bool frozen, long sequence)
    {
        var record = await account.PerformRead(Find);
        if (record is null) return new StatusResult(Rejection.AccountNotFound, null);
        if (record.ToAccount().IsFrozen == frozen) return new StatusResult(Rejection.None, null);
        var (after, side) = AccountEvents.Status(record, changeId, frozen, sequence);
        await account.PerformUpdate(state => Apply(state, changeId, after));
        return new StatusResult(Rejection.None, side);
    }

    private async Task<LegResult> ApplyAsync(Leg leg, bool isDebit)
    {
        if (!known) known = await account.PerformRead(state => Find(state) is not null);
        if (!known) return new LegResult(Rejection.AccountNotFound, leg.Sequence, null);
        return leg.DecideOnly
            ? await account.PerformRead(state => Decide(state, leg, isDebit).Result)
            : await account.PerformUpdate(state =>
            {
                var (result, after) = Decide(state, leg, isDebit);
                if (after is not null) Apply(state, leg.TransferId, after);
                return result;
            });
    }

    private (LegResult Result, AccountRecord? After) Decide(AccountState state, Leg leg, bool isDebit)
    {
        if (Find(state) is not { } record)
        {
            known = false;
            return (new LegResult(Rejection.AccountNotFound, leg.Sequence, null), null);
        }
        // What was numbered elsewhere has happened: it is no future to this silo either.
        clock.Observe(leg.Sequence);
        var seen = AccountEvents.SequenceSeen(record);
        var sequence = leg.Sequence > seen ? leg.Sequence : clock.Next(seen);
        var amount = Stored.Money(leg.MinorUnits, leg.Currency);
        var before = record.ToAccount();
        if (leg.TogetherBalance is { } together) before.Balance = together;
        var refusal = isDebit ? Decider.DecideDebit(before, amount) : Decider.DecideCredit(before, amount);
        Int128 balance = isDebit ? (Int128)record.Balance - leg.MinorUnits : (Int128)record.Balance + leg.MinorUnits;
        // Only a stripe has a share; what it can't tell alone, all of them tell together.
        if (leg.TogetherBalance is null && refusal is Rejection.None or Rejection.BalanceOverflow
            && record.Share is { } share && !new StripeShare(share.Lowest, share.Highest).Holds(balance))
            return (new LegResult(Rejection.None, sequence, null, NeedsAllStripes: true), null);
        // The stripe with the most room was asked; should another have been, its number must not leave the limits.
        if (refusal == Rejection.None && Int128.Abs(balance) > Money.MinorUnitsMax) refusal = Rejection.BalanceOverflow;
        if (refusal != Rejection.None) return (new LegResult(refusal, sequence, null), null);
        var (after, side) = AccountEvents.Entry(record, leg.TransferId, (long)balance, sequence);
        return (new LegResult(Rejection.None, sequence, side), after);
    }

    private void Apply(AccountState state, Guid eventId, AccountRecord after)
    {
        beforeLast = Of(state);
        lastEvent = eventId;
        state.Record = after;
    }

    private AccountRecord? Find(AccountState state) => state.Record ?? AccountEvents.FirstOfStripe(Key, stripes.Value);

    private AccountRecord Of(AccountState state) =>
        Find(state) ?? throw new UnreachableException($"Account {Key} was open and is not.");

    private void CheckLast(Guid eventId)
    {
        // Orleans would find that out at the commit; here it must not take back what another transaction did.
        if (lastEvent != eventId) throw new LockLostException($"Account {Key} was changed since event {eventId}.");
    }
}
