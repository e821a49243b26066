using Microsoft.Extensions.Options;
using Orleans.Concurrency;
using OrleansWallet.Ledger;
using OrleansWallet.Storage;

namespace OrleansWallet.Grains;

/// <summary>
/// Sums the whole ledger up over one moment of the store. A transaction counts where its manager's row says that it
/// committed, so both its sides count or neither, even while it is being confirmed.
/// </summary>
[Reentrant]
public sealed class LedgerAuditGrain(
    [PersistentState("audit", LedgerAuditGrain.StorageName)] IPersistentState<AuditState> found,
    IStateStore store, LedgerAudit audit, IOptions<WalletClusterOptions> options, TimeProvider time)
    : Grain, ILedgerAuditGrain, IRemindable
{
    /// <summary>The grain storage that keeps what the last audit found.</summary>
    public const string StorageName = "audit";

    private const string Sweep = "sweep";
    private static readonly TimeSpan SweepEvery = TimeSpan.FromMinutes(1);

    private Task<LedgerAnswer>? underWay;
    private Task<LedgerAnswer>? next;

    /// <inheritdoc/>
    public Task Begin() => this.RegisterOrUpdateReminder(Sweep, SweepEvery, SweepEvery);

    /// <inheritdoc/>
    public Task ReceiveReminder(string reminderName, TickStatus status) => Read(fresh: false);

    /// <inheritdoc/>
    public async Task<LedgerAnswer> Read(bool fresh)
    {
        var ageMax = TimeSpan.FromSeconds(options.Value.AuditSecondsMax);
        if (!fresh && found.State is { Ledger: { } last, At: var at } && time.GetUtcNow() - at < ageMax) return last;
        // One that is under way began before this call; who wants a fresh one shares the one after it.
        if (!fresh || underWay is null) return await (underWay ??= AuditAsync());
        return await (next ??= AfterAsync(underWay));
    }

    private async Task<LedgerAnswer> AfterAsync(Task<LedgerAnswer> before)
    {
        // Whether that one failed is for those to know who wait for it.
        await ((Task)before).ConfigureAwait(
            ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
        next = null;
        return await (underWay ??= AuditAsync());
    }

    private async Task<LedgerAnswer> AuditAsync()
    {
        // Not before the caller has its place in underWay.
        await Task.Yield();
        try
        {
            var began = time.GetUtcNow();
            await using var snapshot = await store.OpenSnapshotAsync();
            var ledger = await audit.RunAsync(snapshot);
            (found.State.Ledger, found.State.At) = (ledger, began);
            await found.WriteStateAsync();
            return ledger;
        }
        finally
        {
            underWay = null;
        }
    }
}

/// <summary>What the last audit found, and when it began.</summary>
[GenerateSerializer, Alias("wallet.AuditState")]
public sealed class AuditState
{
    /// <summary>The ledger; null before the first audit.</summary>
    [Id(0)] public LedgerAnswer? Ledger { get; set; }
    /// <summary>When the audit began.</summary>
    [Id(1)] public DateTimeOffset At { get; set; }
}

/// <summary>Sums up one moment of the store.</summary>
public sealed class LedgerAudit(StateCodec<AccountState> accounts, ManagerRows managers, StripeCount stripes)
{
    /// <summary>Reads all accounts of the moment and sums them up.</summary>
    public async Task<LedgerAnswer> RunAsync(IStateSnapshot snapshot)
    {
        var totals = new Dictionary<ushort, Int128>();
        var (opened, entries, sequence) = (0L, 0L, 0L);
        await foreach (var row in snapshot.ScanAsync(StateKind.Account))
        {
            if (await CurrentAsync(snapshot, row) is not { } account) continue;
            var isSettlement = (account.Flags & AccountFlags.Settlement) != 0;
            if (!isSettlement) opened++;
            entries += account.Version;
            sequence = Math.Max(sequence, AccountEvents.SequenceSeen(account with { ReadSequence = 0 }));
            if (account.Version > 0)
                totals[account.Currency] = totals.GetValueOrDefault(account.Currency) + account.Balance;
        }
        return new LedgerAnswer(
            sequence, opened, entries / 2, totals.ToDictionary(total => total.Key, total => (long)total.Value));
    }

    private async Task<AccountRecord?> CurrentAsync(IStateSnapshot snapshot, StoredState row)
    {
        var record = accounts.ReadState(row).Record;
        foreach (var prepared in accounts.ReadProtocol(row).Prepared.OrderBy(state => state.SequenceId))
        {
            // They commit in their order: behind one that didn't, none did.
            if (!await managers.HasCommittedAsync(snapshot, prepared.TransactionManager, prepared.TransactionId)) break;
            record = prepared.State.Record;
        }
        return record ?? AccountEvents.FirstOfStripe(row.Key, stripes.Value);
    }
}
