using System.Runtime.CompilerServices;
using System.Text;
using OrleansWallet.Embedded.Journal;
using OrleansWallet.Embedded.Storage;
using OrleansWallet.Ledger;

namespace OrleansWallet.Embedded.Audit;

/// <summary>What a replay of one account came to.</summary>
/// <param name="Account">The account as it stood then; null where it was not opened yet.</param>
/// <param name="ChangedBySequence">The event that changed it last; 0 without an account.</param>
/// <param name="LastSequence">The last event that was replayed.</param>
/// <param name="LastAt">When that event was recorded; null where there was none.</param>
/// <param name="Fault">Null; or what is damaged before that moment, and then the rest means nothing.</param>
public sealed record AccountReplayed(
    AccountView? Account, long ChangedBySequence, long LastSequence, DateTimeOffset? LastAt, string? Fault = null)
{
    /// <summary>The answer where the directory is damaged.</summary>
    public static AccountReplayed Damaged(string fault) => new(null, 0, 0, null, fault);
}

/// <summary>
/// Derives one account again from the first event on, by adding and subtracting: no snapshot, no link between records
/// and no recorded balance is used, only compared with. It only reads, and may run beside a wallet.
/// </summary>
public sealed class AccountReplay
{
    private readonly AccountId id;
    private readonly AsOf asOf;
    private readonly Action<EntryView>? entry;
    private readonly AccountDirectory names = new();
    private int number = -1;
    private Account account;
    private long changedBySequence;
    private long changedAtMicros;
    private long lastSequence;
    private long lastAtMicros;

    private AccountReplay(AccountId id, AsOf asOf, Action<EntryView>? entry)
    {
        this.id = id;
        this.asOf = asOf;
        this.entry = entry;
    }

    /// <summary>
    /// Replays up to a moment; up to the journal's end where that comes first. Each of the account's entries goes to
    /// <paramref name="entry"/>, oldest first.
    /// </summary>
    /// <exception cref="DataDirectoryException">
    /// The directory can't be read, or is no wallet's data directory.
    /// </exception>
    /// <exception cref="OperationCanceledException">It was asked to stop.</exception>
    public static AccountReplayed Run(
        string directory, AccountId id, AsOf asOf, Action<EntryView>? entry = null,
        Action<AuditProgress>? progress = null, CancellationToken cancel = default)
    {
        try
        {
            using var storage = LocalStorage.OpenReadOnly(directory);
            var faults = new List<AuditFault>();
            if (LedgerAudit.ReadIdentity(storage, faults) is not { } identity)
                return AccountReplayed.Damaged(faults[0].Message);
            return new AccountReplay(id, asOf, entry).Run(storage, identity.Id, progress, cancel);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw LedgerAudit.Unreadable(directory, e);
        }
    }

    private AccountReplayed Run(
        IStorage storage, Guid ledgerId, Action<AuditProgress>? progress, CancellationToken cancel)
    {
        try
        {
            using var journal = JournalFiles.Open(storage, ledgerId, segmentBytesMax: 0, write: false);
            return Run(journal, progress, cancel);
        }
        catch (DataDirectoryException e)
        {
            return AccountReplayed.Damaged(e.Message);
        }
    }

    private AccountReplayed Run(JournalFiles journal, Action<AuditProgress>? progress, CancellationToken cancel)
    {
        new JournalScan(journal).Run(JournalPoint.Origin, batch =>
        {
            cancel.ThrowIfCancellationRequested();
            var goesOn = Visit(batch, journal);
            progress?.Invoke(new AuditProgress(batch.After.Place, journal.EndPlace, lastSequence));
            return goesOn;
        });
        var view = number < 0 ? null : new AccountView(
            id, new Money(account.Balance, account.Currency), account.IsFrozen, account.Version,
            Partition.FromMicros(changedAtMicros));
        return new AccountReplayed(
            view, changedBySequence, lastSequence, lastSequence > 0 ? Partition.FromMicros(lastAtMicros) : null);
    }

    // False once the moment asked for has passed.
    private bool Visit(ScannedBatch batch, JournalFiles journal)
    {
        var records = batch.Records;
        for (var offset = 0; offset < records.Length;)
        {
            ReadOnlySpan<byte> record = records.Slice(offset, Records.As<RecordHeader>(records[offset..]).Length);
            ref readonly var header = ref Records.As<RecordHeader>(record);
            if (IsLater(header)) return false;
            if (!Apply(record))
                throw new DataDirectoryException(
                    $"The journal is damaged at {journal.Locate(batch.FirstRecordPlace + offset)}: event "
                    + $"{header.Sequence} says another balance or version of {id} than follows from the events before "
                    + "it. Check the data directory with `wallet verify`.");
            lastSequence = header.Sequence;
            lastAtMicros = header.AtMicros;
            offset += record.Length;
        }
        return true;
    }

    private bool IsLater(in RecordHeader header) =>
        header.Sequence > asOf.Sequence || (asOf.Time is { } time && header.AtMicros > Partition.ToMicros(time));

    private bool Apply(ReadOnlySpan<byte> record)
    {
        ref readonly var header = ref Records.As<RecordHeader>(record);
        switch (header.Kind)
        {
            case RecordKind.TransferSucceeded:
                return ApplyTransfer(Records.As<TransferRecord>(record));
            case RecordKind.AccountOpened:
                ApplyOpening(record);
                return true;
            case RecordKind.AccountFrozen or RecordKind.AccountUnfrozen:
                ref readonly var status = ref Records.As<StatusRecord>(record);
                if (status.Number != number) return true;
                account.FrozenSet(header.Kind == RecordKind.AccountFrozen);
                Changed(header);
                return Agrees(status.Side);
            default:
                return true;
        }
    }

    private bool ApplyTransfer(in TransferRecord transfer)
    {
        if ((transfer.From != number && transfer.To != number) || number < 0) return true;
        var isDebit = transfer.From == number;
        if (isDebit) account.Debited(transfer.Amount);
        else account.Credited(transfer.Amount);
        Changed(transfer.Header);
        var counterparty = isDebit ? transfer.To : transfer.From;
        entry?.Invoke(new EntryView(
            transfer.Header.Sequence, new TransactionId(transfer.Id),
            isDebit ? EntryDirection.Debit : EntryDirection.Credit, new Money(transfer.Amount, account.Currency),
            new Money(account.Balance, account.Currency), names.IdOf(counterparty),
            Partition.FromMicros(transfer.Header.AtMicros)));
        return Agrees(isDebit ? transfer.FromSide : transfer.ToSide);
    }

    private void ApplyOpening(ReadOnlySpan<byte> record)
    {
        ref readonly var opening = ref Records.As<OpenRecord>(record);
        var name = record.Slice(Unsafe.SizeOf<OpenRecord>(), opening.IdLength);
        if (entry is not null) names.Add(name);
        if (number >= 0 || !Ascii.Equals(name, id.Value)) return;
        Currency.TryFromNumericCode(opening.Currency, out var currency);
        number = opening.Number;
        account = Account.Opened(currency, opening.IsSettlement != 0);
        Changed(opening.Header);
    }

    private void Changed(in RecordHeader header)
    {
        changedBySequence = header.Sequence;
        changedAtMicros = header.AtMicros;
    }

    private bool Agrees(in AccountSide side) => side.Balance == account.Balance && side.Version == account.Version;
}
