using OrleansWallet.Ledger;

namespace OrleansWallet.Partitions;

/// <summary>The wallet over all partitions, as a front end sees it.</summary>
public sealed class PartitionedWallet : IWallet
{
    private readonly IPartition[] partitions;
    private readonly PartitionLane[] lanes;
    private readonly TimeProvider time;

    /// <summary>A front end over the partitions, in the order of their numbers.</summary>
    public PartitionedWallet(IReadOnlyList<IPartition> partitions, PartitionOptions options, TimeProvider time)
    {
        this.partitions = [.. partitions];
        this.time = time;
        lanes = [.. partitions.Select(partition => new PartitionLane(partition, options.MessageItemsMax))];
    }

    /// <inheritdoc/>
    public Readiness Readiness => new(true, null);

    /// <inheritdoc/>
    public ValueTask<TransferOutcome> TransferAsync(Transfer transfer, CancellationToken cancel = default)
    {
        Partition.CheckWhole(transfer);
        cancel.ThrowIfCancellationRequested();
        return lanes[NumberOf(transfer.From)].SubmitAsync(transfer);
    }

    /// <inheritdoc/>
    public async ValueTask TransferManyAsync(
        ReadOnlyMemory<Transfer> transfers, Memory<TransferOutcome> outcomes, CancellationToken cancel = default)
    {
        cancel.ThrowIfCancellationRequested();
        ArgumentOutOfRangeException.ThrowIfGreaterThan(transfers.Length, IWallet.TransfersMax);
        ArgumentOutOfRangeException.ThrowIfNotEqual(outcomes.Length, transfers.Length);
        foreach (ref readonly var transfer in transfers.Span) Partition.CheckWhole(transfer);
        foreach (var wave in BatchWaves.Of(transfers.Span))
        {
            var calls = wave.GroupBy(i => NumberOf(transfers.Span[i].From)).Select(async group =>
            {
                int[] places = [.. group];
                var sent = Array.ConvertAll(places, i => transfers.Span[i]);
                var done = await SendAsync(group.Key, sent).ConfigureAwait(false);
                for (var i = 0; i < done.Length; i++) outcomes.Span[places[i]] = done[i];
            });
            await Task.WhenAll(calls).ConfigureAwait(false);
        }
    }

    /// <inheritdoc/>
    public async ValueTask<TransferView?> FindTransferAsync(TransactionId id, CancellationToken cancel = default)
    {
        var home = partitions[Placement.HomeOf(id, partitions.Length)];
        return await ReadAsync(home, it => it.FindClaimantAsync(id)).ConfigureAwait(false) is >= 0 and var payer
            ? await ReadAsync(partitions[payer], it => it.FindTransferAsync(id)).ConfigureAwait(false)
            : null;
    }

    /// <inheritdoc/>
    public async ValueTask<AccountResult> OpenAccountAsync(
        AccountId id, Currency currency, CancellationToken cancel = default) =>
        await ReadAsync(Of(id), it => it.OpenAsync(id, currency)).ConfigureAwait(false);

    /// <inheritdoc/>
    public async ValueTask<AccountResult> FindAccountAsync(
        AccountId id, AsOf asOf, CancellationToken cancel = default)
    {
        if (asOf.Time is { } at && at >= time.GetUtcNow()) return AccountResult.Refused(Rejection.InTheFuture);
        return await ReadAsync(Of(id), it => it.FindAccountAsync(id, asOf)).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public async ValueTask<AccountResult> SetFrozenAsync(
        AccountId id, bool frozen, CancellationToken cancel = default) =>
        await ReadAsync(Of(id), it => it.SetFrozenAsync(id, frozen)).ConfigureAwait(false);

    /// <inheritdoc/>
    public async ValueTask<EntriesPage> ListEntriesAsync(
        AccountId id, int limit, string? cursor, CancellationToken cancel = default) =>
        await ReadAsync(Of(id), it => it.ListEntriesAsync(id, limit, cursor)).ConfigureAwait(false);

    /// <inheritdoc/>
    public ValueTask<LedgerView> ReadLedgerAsync(bool fresh, CancellationToken cancel = default) =>
        throw new NotSupportedException("The cut over all partitions is not built yet.");

    private IPartition Of(AccountId id) => partitions[NumberOf(id)];

    private int NumberOf(AccountId id) => Placement.PartitionOf(id, partitions.Length);

    private async Task<TransferOutcome[]> SendAsync(int partition, Transfer[] transfers)
    {
        try
        {
            return await partitions[partition].TransferAsync(transfers).ConfigureAwait(false);
        }
        catch (PartitionUnavailableException)
        {
            return Array.ConvertAll(transfers, _ => new TransferOutcome(Rejection.Unavailable, Replayed: false, 0));
        }
    }

    private static async Task<TResult> ReadAsync<TResult>(IPartition partition, Func<IPartition, Task<TResult>> read)
    {
        try
        {
            return await read(partition).ConfigureAwait(false);
        }
        catch (PartitionUnavailableException e)
        {
            throw new WalletUnavailableException(e.Message);
        }
    }
}
