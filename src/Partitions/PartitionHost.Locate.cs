using OrleansWallet.Ledger;

namespace OrleansWallet.Partitions;

// Where the accounts of transfers are, and that the processor has them at hand when their turn comes.
public sealed partial class PartitionHost
{
    // So many transfers ahead the processor is asked for memory.
    private const int PrefetchDistance = 8;

    // On the caller's thread: to find an account takes waiting for memory three times. So it goes on with others
    // meanwhile: their hashes, the directories' slots, the ids stored.
    private void Locate(TransferGroup group)
    {
        var (transfers, where) = (group.Transfers, group.Where);
        for (var i = 0; i < transfers.Length + 2 * PrefetchDistance; i++)
        {
            if (i < transfers.Length)
            {
                ref var it = ref where[i];
                it.Home = Placement.HomeOf(transfers[i].Id, membership.Partitions);
                it.Payee = Placement.PartitionOf(transfers[i].To, membership.Partitions);
                it.From = (int)AccountDirectory.HashOf(transfers[i].From);
                it.To = (int)AccountDirectory.HashOf(transfers[i].To);
                partition.Directory.PrefetchSlot((uint)it.From);
                DirectoryOf(it.Payee)?.PrefetchSlot((uint)it.To);
            }
            if (i - PrefetchDistance is >= 0 and var second && second < transfers.Length)
            {
                ref readonly var it = ref where[second];
                partition.Directory.PrefetchEntry((uint)it.From);
                DirectoryOf(it.Payee)?.PrefetchEntry((uint)it.To);
            }
            if (i - 2 * PrefetchDistance is >= 0 and var last)
            {
                ref var it = ref where[last];
                partition.Directory.TryFind(transfers[last].From, (uint)it.From, out it.From);
                if (DirectoryOf(it.Payee) is { } directory)
                    directory.TryFind(transfers[last].To, (uint)it.To, out it.To);
                else
                    it.To = -1;
            }
        }
    }

    private AccountDirectory? DirectoryOf(int number) =>
        number == Number ? partition.Directory : domain.Near(number)?.partition.Directory;

    private void Prefetch(TransferGroup group, int index)
    {
        if (index >= group.Transfers.Length) return;
        var id = group.Transfers[index].Id;
        ids.Prefetch(id);
        domain.Near(group.Where[index].Home)?.membership.Claims.Prefetch(id);
    }

    private void PrefetchAccounts(TransferGroup group, int index)
    {
        if (index >= group.Transfers.Length) return;
        ref readonly var where = ref group.Where[index];
        partition.Accounts.Prefetch(where.From);
        domain.Near(where.Payee)?.partition.Accounts.Prefetch(where.To);
    }
}
