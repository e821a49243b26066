using Orleans.Concurrency;
using Orleans.GrainDirectory;
using OrleansWallet.Ledger;
using OrleansWallet.Partitions;

namespace OrleansWallet.Grains;

/// <summary>Passes calls on to a partition, from whichever silo they have come to.</summary>
[StatelessWorker, Reentrant, GrainDirectory(EverywhereDirectory.Name)]
public sealed class PartitionRelayGrain(IGrainFactory grains) : Grain, IPartitionRelayGrain
{
    private IPartitionCalls Partition =>
        grains.GetGrain<IPartitionGrain>(IPartitionRelayGrain.PartitionOf(this.GetPrimaryKeyLong()));

    /// <inheritdoc/>
    public Task Wake() => Partition.Wake();

    /// <inheritdoc/>
    public Task<TicketedAnswers> Transfer(Immutable<Transfer[]> transfers, bool inOrder) =>
        Partition.Transfer(transfers, inOrder);

    /// <inheritdoc/>
    public Task<TicketedAnswers> MoreAnswers(long ticket) => Partition.MoreAnswers(ticket);

    /// <inheritdoc/>
    public Task<Immutable<bool[]>> NeedOrder(Immutable<AccountTurnover[]> accounts) => Partition.NeedOrder(accounts);

    /// <inheritdoc/>
    public Task<PartitionAccount> Open(string accountId, ushort currency) => Partition.Open(accountId, currency);

    /// <inheritdoc/>
    public Task<PartitionAccount> SetFrozen(string accountId, bool frozen) => Partition.SetFrozen(accountId, frozen);

    /// <inheritdoc/>
    public Task<PartitionAccount> FindAccount(string accountId, long? sequence) =>
        Partition.FindAccount(accountId, sequence);

    /// <inheritdoc/>
    public Task<RecordedTransfer?> FindTransfer(Guid id) => Partition.FindTransfer(id);

    /// <inheritdoc/>
    public Task<int> FindClaimant(Guid id) => Partition.FindClaimant(id);

    /// <inheritdoc/>
    public Task<Immutable<PartitionReading?>> Read(long atMicros) => Partition.Read(atMicros);

    /// <inheritdoc/>
    public Task<EntriesAnswer> ListEntries(string accountId, int limit, string? cursor) =>
        Partition.ListEntries(accountId, limit, cursor);
}
