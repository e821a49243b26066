using OrleansWallet.Storage;

namespace OrleansWallet.Grains;

/// <summary>One event as one account's chain sees it.</summary>
internal sealed record ChainEvent(
    long Sequence, AccountSideRecord Side, bool? FrozenSet, TransferRecord? Transfer, bool IsDebit);

/// <summary>
/// Reads events by their links, straight from the store: a link in an account's committed state leads to an event that
/// is committed too. Where its row doesn't say so yet, its grain does.
/// </summary>
public sealed class EventReader(
    IStateStore store, IGrainFactory grains, Transactions transactions, StateCodec<TransferState> transfers,
    StateCodec<StatusChangeState> changes)
{
    internal async Task<ChainEvent> ReadAsync(EventLink link, string key)
    {
        switch (link.Kind)
        {
            case EventKind.Transfer:
            {
                var record = await FindTransferAsync(link.Id)
                    ?? throw Missing(link, key);
                var isDebit = IsOf(record.Order.From, key);
                var side = (isDebit ? record.From : record.To)
                    ?? throw Missing(link, key);
                return new ChainEvent(record.Sequence, side, null, record, isDebit);
            }
            case EventKind.StatusChange:
            {
                var record = await FindChangeAsync(link.Id)
                    ?? throw Missing(link, key);
                return new ChainEvent(record.Sequence, record.Sides[key], record.IsFrozen, null, false);
            }
            default:
                throw new System.Diagnostics.UnreachableException($"{link.Kind} leads nowhere.");
        }
    }

    private static InvalidDataException Missing(EventLink link, string key) =>
        new($"Account '{key}' leads to {link.Kind} {link.Id}, which did not happen. The store is damaged.");

    private async Task<TransferRecord?> FindTransferAsync(Guid id) =>
        await store.LoadAsync(StateKind.Transfer, id.ToString("D")) is { } row
        && transfers.ReadState(row).Record is { } record
            ? record
            : await transactions.RunAsync(() => grains.GetGrain<ITransferGrain>(id).Find());

    private async Task<StatusChangeRecord?> FindChangeAsync(Guid id) =>
        await store.LoadAsync(StateKind.StatusChange, id.ToString("D")) is { } row
        && changes.ReadState(row).Record is { } record
            ? record
            : await transactions.RunAsync(() => grains.GetGrain<IStatusChangeGrain>(id).Find());

    private static bool IsOf(string accountId, string key) => SettlementStripes.AccountOf(key) == accountId;
}
