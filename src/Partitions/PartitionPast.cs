using OrleansWallet.Ledger;
using OrleansWallet.Storage.Partitions;

namespace OrleansWallet.Partitions;

/// <summary>
/// The past of one account, read from its partition's journal along the links that each of its records has to earlier
/// ones. The batches that it comes through are kept for as long as it is used, since neighbours share them.
/// </summary>
internal sealed class PartitionPast(PartitionHost host, int number)
{
    private const int BatchesMax = 16;
    private readonly Dictionary<long, BatchRecords> batches = [];

    /// <summary>The account after its last record not above a sequence number; null where there is none.</summary>
    public async Task<AccountView?> FindAsync(long newest, long sequence)
    {
        var moment = await ReadAsync(newest).ConfigureAwait(false);
        // A place known not to be later: going back by Previous never needs to look at it again.
        var notLater = -1L;
        while (moment.Sequence > sequence)
        {
            if (moment.Previous < 0) return null;
            if (moment.Skip > notLater && moment.Skip != moment.Previous)
            {
                var far = await ReadAsync(moment.Skip).ConfigureAwait(false);
                if (far.Sequence > sequence)
                {
                    moment = far;
                    continue;
                }
                notLater = moment.Skip;
            }
            moment = await ReadAsync(moment.Previous).ConfigureAwait(false);
        }
        return moment.View;
    }

    /// <summary>A page of entries, newest first. Next is where the page after begins; -1 after the last.</summary>
    public async Task<(List<EntryView> Entries, long Next)> PageAsync(long from, int limit)
    {
        var entries = new List<EntryView>(Math.Min(limit, 64));
        for (var place = from; place >= 0;)
        {
            var moment = await ReadAsync(place).ConfigureAwait(false);
            if (moment.Entry is { } entry)
            {
                if (entries.Count == limit) return (entries, place);
                entries.Add(entry);
            }
            place = moment.Previous;
        }
        return (entries, -1);
    }

    /// <summary>Whether an entry of the account lies at a place; a caller's cursor may name any.</summary>
    public async Task<bool> IsEntryAsync(long place)
    {
        try
        {
            return (await ReadAsync(place).ConfigureAwait(false)).Entry is not null;
        }
        catch (Exception e) when (e is PartitionDamagedException or System.Diagnostics.UnreachableException)
        {
            return false;
        }
    }

    private async Task<AccountMoment> ReadAsync(long place)
    {
        var sequence = RecordPlace.BatchOf(place);
        if (!batches.TryGetValue(sequence, out var batch))
        {
            batch = await host.FindBatchAsync(place).ConfigureAwait(false);
            if (batches.Count == BatchesMax) batches.Clear();
            batches.Add(sequence, batch);
        }
        return host.Describe(batch, place, number);
    }
}
