using OrleansWallet.Embedded.Journal;
using OrleansWallet.Ledger;

namespace OrleansWallet.Embedded;

/// <summary>
/// The past of single accounts, read from the journal: from an account's newest record along the links that each
/// record has to earlier ones. Nothing is scanned, and no index is needed.
/// </summary>
internal sealed class AccountHistory(JournalFiles journal, Partition partition)
{
    /// <summary>
    /// The account after the last of its records that <paramref name="isLater"/> is false of; null where even its
    /// opening is later.
    /// </summary>
    public AccountView? Find(int number, long newest, Func<AccountMoment, bool> isLater)
    {
        var moment = Read(newest, number);
        // A place known not to be later: going back by Previous never needs to look at it again.
        var notLater = -1L;
        while (isLater(moment))
        {
            if (moment.Previous < 0) return null;
            var back = moment.Previous;
            if (moment.Skip > notLater && moment.Skip != moment.Previous)
            {
                var far = Read(moment.Skip, number);
                if (isLater(far))
                {
                    moment = far;
                    continue;
                }
                notLater = moment.Skip;
            }
            moment = Read(back, number);
        }
        return moment.View;
    }

    /// <summary>
    /// A page of entries, newest first, from the record at a place on. Next is where the page after begins; -1 after
    /// the last.
    /// </summary>
    public (List<EntryView> Entries, long Next) Page(int number, long from, int limit)
    {
        var entries = new List<EntryView>(Math.Min(limit, 64));
        var place = from;
        while (place >= 0)
        {
            var moment = Read(place, number);
            if (moment.Entry is { } entry)
            {
                if (entries.Count == limit) return (entries, place);
                entries.Add(entry);
            }
            place = moment.Previous;
        }
        return (entries, -1);
    }

    /// <summary>Whether a record of that account, an entry, lies at a place; a caller's cursor may name any.</summary>
    public bool IsEntryOf(int number, long place)
    {
        Span<byte> buffer = stackalloc byte[Records.LengthMax];
        if (place % 8 != 0 || !journal.TryReadRecord(place, buffer, out var record)) return false;
        if (Records.As<RecordHeader>(record).Kind != RecordKind.TransferSucceeded) return false;
        ref readonly var transfer = ref Records.As<TransferRecord>(record);
        return transfer.From == number || transfer.To == number;
    }

    private AccountMoment Read(long place, int number)
    {
        Span<byte> buffer = stackalloc byte[Records.LengthMax];
        return journal.TryReadRecord(place, buffer, out var record)
            ? partition.Describe(record, number)
            : throw new DataDirectoryException(
                $"The journal is damaged at {journal.Locate(place)} (place {place}): there should be a record. Check "
                + "the data directory with `wallet verify`.");
    }
}
