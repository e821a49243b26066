using Orleans.Concurrency;
using OrleansWallet.Ledger;
using OrleansWallet.Partitions;

namespace OrleansWallet.Grains;

/// <summary>
/// A partition, wherever its grain is: what front ends call. One inside a silo goes to those that are there directly.
/// </summary>
public sealed class PartitionProxy(
    IGrainFactory grains, int number, WalletClusterOptions options, ClusterReadiness readiness, TimeProvider time,
    PartitionGrainServices? here = null)
    : IPartition
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(8);

    // A front end knows the silos' grains only when it has found the silos.
    private IPartitionGrain Grain => field ??= grains.GetGrain<IPartitionGrain>(number);

    /// <inheritdoc/>
    public Task<TransferOutcome[]> TransferAsync(Transfer[] transfers) =>
        CallAsync(async () => here is not null && here.TryFind(number, out var near)
            ? await near.TransferAsync(transfers).WaitAsync(Patience, time)
            : (await Grain.Transfer(new Immutable<Transfer[]>(transfers))).Value);

    /// <inheritdoc/>
    public Task<bool[]> NeedOrderAsync(AccountTurnover[] accounts) =>
        CallAsync(async () => (await Grain.NeedOrder(new Immutable<AccountTurnover[]>(accounts))).Value);

    /// <inheritdoc/>
    public Task<AccountResult> OpenAsync(AccountId id, Currency currency) =>
        CallAsync(async () => (await Grain.Open(id.Value, currency.NumericCode)).ToResult());

    /// <inheritdoc/>
    public Task<AccountResult> SetFrozenAsync(AccountId id, bool frozen) =>
        CallAsync(async () => (await Grain.SetFrozen(id.Value, frozen)).ToResult());

    /// <inheritdoc/>
    public Task<AccountResult> FindAccountAsync(AccountId id, AsOf asOf)
    {
        var sequence = asOf.Sequence
            ?? (asOf.Time is { } moment ? HybridTime.LastOf(Partition.ToMicros(moment)) : null);
        return CallAsync(async () => (await Grain.FindAccount(id.Value, sequence)).ToResult());
    }

    /// <inheritdoc/>
    public Task<TransferView?> FindTransferAsync(TransactionId id) =>
        CallAsync(async () => (await Grain.FindTransfer(id.Value))?.ToView());

    /// <inheritdoc/>
    public Task<int> FindClaimantAsync(TransactionId id) => CallAsync(() => Grain.FindClaimant(id.Value));

    /// <inheritdoc/>
    public Task<PartitionReading?> ReadAsync(long atMicros) =>
        CallAsync(async () => (await Grain.Read(atMicros)).Value);

    /// <inheritdoc/>
    public Task<EntriesPage> ListEntriesAsync(AccountId id, int limit, string? cursor) => CallAsync(async () =>
    {
        var page = await Grain.ListEntries(id.Value, limit, cursor);
        return new EntriesPage(page.Rejection, [.. page.Entries.Select(line => line.ToView())], page.NextCursor);
    });

    // A partition that moves to another silo is away for a while. Asking again is harmless: ids dedupe.
    private async Task<TResult> CallAsync<TResult>(Func<Task<TResult>> call)
    {
        var began = time.GetTimestamp();
        while (true)
        {
            try
            {
                if (!readiness.HasJoined) throw new PartitionUnavailableException("No silo has been reached yet.");
                return await call();
            }
            catch (Exception e) when (ClusterFaults.IsPassing(e))
            {
                if (!readiness.HasJoined || time.GetElapsedTime(began).TotalSeconds > options.TransferSecondsMax)
                    throw new PartitionUnavailableException(e.Message, e);
                await Task.Delay(ClusterFaults.Pause, time);
            }
        }
    }
}
