using OrleansWallet.Ledger;

namespace OrleansWallet.Partitions;

// Where the accounts of transfers are, and that the processor has them at hand when their turn comes.
public sealed partial class PartitionHost
{
    // So many transfers ahead the processor is asked for memory.
    private const int PrefetchDistance = 8;

    // On the caller's thread: to find an account takes waiting for memory five times. So it goes on with others
    // meanwhile.
    private void Locate(TransferGroup group)
    {
        const int distance = AccountSearches.Distance;
        var (transfers, where) = (group.Transfers, group.Where);
        var searches = default(AccountSearches);
        for (var i = -distance; i < transfers.Length + 3 * distance; i++)
        {
            if (i + distance < transfers.Length)
            {
                AccountSearch.PrefetchText(transfers[i + distance].From);
                AccountSearch.PrefetchText(transfers[i + distance].To);
            }
            if (i >= 0 && i < transfers.Length)
            {
                ref readonly var transfer = ref transfers[i];
                ref var it = ref where[i];
                it.Home = Placement.HomeOf(transfer.Id, membership.Partitions);
                it.Payee = Placement.PartitionOf(transfer.To, membership.Partitions);
                searches.Payer(i).Begin(partition.Directory, transfer.From);
                searches.Payee(i).Begin(DirectoryOf(it.Payee), transfer.To);
            }
            searches.GoOn(i, transfers.Length);
            if (i - 3 * distance is >= 0 and var last)
            {
                where[last].From = searches.Payer(last).End(transfers[last].From);
                where[last].To = searches.Payee(last).End(transfers[last].To);
            }
        }
    }

    private AccountDirectory? DirectoryOf(int number) =>
        number == Number ? partition.Directory : domain.Near(number)?.partition.Directory;

    private void Prefetch(TransferGroup group, int index, Turn turn)
    {
        if (index >= group.Transfers.Length) return;
        var id = group.Transfers[index].Id;
        ids.Prefetch(id);
        if (domain.Near(group.Where[index].Home) is not { } home) return;
        home.ids.Claims.Prefetch(id);
        home.buffers[turn.Index].Prefetch();
    }

    private void PrefetchAccounts(TransferGroup group, int ready, Turn turn)
    {
        if (ready >= group.ReadyCount) return;
        var index = group.ReadyAt(ready);
        ref readonly var where = ref group.Where[index];
        partition.Accounts.Prefetch(where.From);
        // Each leg names the other's account.
        AccountSearch.PrefetchText(group.Transfers[index].From);
        AccountSearch.PrefetchText(group.Transfers[index].To);
        if (domain.Near(where.Payee) is not { } payee) return;
        payee.partition.Accounts.Prefetch(where.To);
        payee.buffers[turn.Index].Prefetch();
    }
}
