using Microsoft.Extensions.Options;
using OrleansWallet.Ledger;

namespace OrleansWallet.Grains;

/// <summary>
/// The wallet, as a front end of the cluster sees it: every call goes to a grain. It admits a bounded number of
/// transfers and has a bounded number under way, so that none waits longer than is said. When no silo can be reached,
/// the answer is "unavailable", and the same id may be sent again.
/// </summary>
public sealed partial class ClusterWallet : IWallet, IDisposable
{
    private const int WorkersMax = 16;

    private readonly IGrainFactory grains;
    private readonly WalletClusterOptions options;
    private readonly ClusterReadiness readiness;
    private readonly TimeProvider time;
    private readonly SemaphoreSlim turns;
    private readonly TransferLanes lanes;
    private int waiting;
    private long calls;

    /// <summary>A front end over the grains that a silo or a client of the cluster reaches.</summary>
    public ClusterWallet(
        IGrainFactory grains, IOptions<WalletClusterOptions> options, ClusterReadiness readiness, TimeProvider time)
    {
        (this.grains, this.options, this.readiness, this.time) = (grains, options.Value, readiness, time);
        turns = new SemaphoreSlim(options.Value.TransfersUnderWayMax);
        lanes = new TransferLanes(SendAsync, ICoordinatorGrain.TransfersMax);
    }

    /// <inheritdoc/>
    public Readiness Readiness => readiness.Now;

    /// <inheritdoc/>
    public async ValueTask<TransferOutcome> TransferAsync(Transfer transfer, CancellationToken cancel = default)
    {
        Partition.CheckWhole(transfer);
        cancel.ThrowIfCancellationRequested();
        if (!TryAdmit(1)) return Overloaded;
        try
        {
            return await lanes.SubmitAsync(transfer, time.GetTimestamp());
        }
        finally
        {
            Interlocked.Decrement(ref waiting);
        }
    }

    /// <inheritdoc/>
    public async ValueTask TransferManyAsync(
        ReadOnlyMemory<Transfer> transfers, Memory<TransferOutcome> outcomes, CancellationToken cancel = default)
    {
        cancel.ThrowIfCancellationRequested();
        ArgumentOutOfRangeException.ThrowIfGreaterThan(transfers.Length, IWallet.TransfersMax);
        ArgumentOutOfRangeException.ThrowIfNotEqual(outcomes.Length, transfers.Length);
        foreach (ref readonly var transfer in transfers.Span) Partition.CheckWhole(transfer);
        if (!TryAdmit(transfers.Length))
        {
            outcomes.Span.Fill(Overloaded);
            return;
        }
        try
        {
            // Transfers that share nothing go side by side; those that share an account or an id keep their order.
            await Task.WhenAll(BatchPlan.Chains(transfers.Span).Select(chain => SendAsync(transfers, chain, outcomes)));
        }
        finally
        {
            Interlocked.Add(ref waiting, -transfers.Length);
        }
    }

    /// <inheritdoc/>
    public ValueTask<TransferView?> FindTransferAsync(TransactionId id, CancellationToken cancel = default) =>
        ReadAsync(async () => (await Statements.FindTransfer(id.Value))?.ToView());

    /// <inheritdoc/>
    public ValueTask<AccountResult> OpenAccountAsync(
        AccountId id, Currency currency, CancellationToken cancel = default) => ReadAsync(async () =>
        {
            if (id.IsSettlement) return AccountResult.Refused(Rejection.ReservedAccountId);
            var opened = await Coordinator.Open(id.Value, currency.NumericCode);
            return opened is { Rejection: Rejection.None, Account: { } account }
                ? new AccountResult(Rejection.None, account.ToMoment(id.Value).ToView(), opened.Created)
                : AccountResult.Refused(opened.Rejection);
        });

    /// <inheritdoc/>
    public ValueTask<AccountResult> FindAccountAsync(AccountId id, AsOf asOf, CancellationToken cancel = default) =>
        ReadAsync(async () =>
        {
            if (asOf.Time is { } at && at >= time.GetUtcNow()) return AccountResult.Refused(Rejection.InTheFuture);
            var sequence = asOf.Sequence
                ?? (asOf.Time is { } moment ? HybridTime.LastOf(Partition.ToMicros(moment)) : null);
            return await FindAtAsync(id, sequence);
        });

    /// <inheritdoc/>
    public ValueTask<AccountResult> SetFrozenAsync(AccountId id, bool frozen, CancellationToken cancel = default)
    {
        var change = Guid.NewGuid();
        return ReadAsync(async () => await Coordinator.SetFrozen(change, id.Value, frozen)
            ? await FindAtAsync(id, null)
            : AccountResult.Refused(Rejection.AccountNotFound));
    }

    /// <inheritdoc/>
    public ValueTask<EntriesPage> ListEntriesAsync(
        AccountId id, int limit, string? cursor, CancellationToken cancel = default)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(limit, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(limit, IWallet.EntriesMax);
        return ReadAsync(async () =>
        {
            var page = await Statements.ListEntries(id.Value, limit, cursor);
            return page.Rejection == Rejection.None
                ? new EntriesPage(Rejection.None, [.. page.Entries.Select(line => line.ToView())], page.NextCursor)
                : EntriesPage.Refused(page.Rejection);
        });
    }

    /// <inheritdoc/>
    public ValueTask<LedgerView> ReadLedgerAsync(bool fresh, CancellationToken cancel = default) =>
        ReadAsync(async () => (await grains.GetGrain<ILedgerAuditGrain>(0).Read(fresh)).ToView());

    /// <inheritdoc/>
    public void Dispose() => turns.Dispose();

    // A client of the cluster sends all calls to one grain by way of one silo: several keys spread them.
    private long NextKey => Interlocked.Increment(ref calls) % WorkersMax;

    private ICoordinatorGrain Coordinator => grains.GetGrain<ICoordinatorGrain>(NextKey);

    private IStatementGrain Statements => grains.GetGrain<IStatementGrain>(NextKey);

    private async Task<AccountResult> FindAtAsync(AccountId id, long? sequence)
    {
        var found = await Statements.FindAt(id.Value, sequence);
        return found.Account is { } account
            ? new AccountResult(Rejection.None, account.ToView())
            : AccountResult.Refused(found.Rejection);
    }
}
