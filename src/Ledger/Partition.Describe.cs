using System.Diagnostics;
using System.Text;

namespace OrleansWallet.Ledger;

/// <summary>What one record says about one account: its side, the entry if it is one, and the ways back.</summary>
/// <param name="Sequence">The record's sequence number.</param>
/// <param name="AtMicros">Its time.</param>
/// <param name="View">The account after it.</param>
/// <param name="Entry">The entry; null where the record is no transfer.</param>
/// <param name="Previous">Where the account's record before it lies; -1 for its opening.</param>
/// <param name="Skip">Where a record further back lies; -1 for its opening.</param>
public readonly record struct AccountMoment(
    long Sequence, long AtMicros, AccountView View, EntryView? Entry, long Previous, long Skip);

// Records in the domain's words. Any thread: nothing here reads what changes.
public sealed partial class Partition
{
    /// <summary>The transfer that a record settles.</summary>
    public TransferView Describe(ReadOnlySpan<byte> record)
    {
        ref readonly var header = ref Records.As<RecordHeader>(record);
        var at = FromMicros(header.AtMicros);
        switch (header.Kind)
        {
            case RecordKind.TransferSucceeded:
            {
                ref readonly var stored = ref Records.As<TransferRecord>(record);
                var money = new Money(stored.Amount, Accounts[stored.From].Account.Currency);
                var transfer = new Transfer(
                    new TransactionId(stored.Id), Directory.IdOf(stored.From), Directory.IdOf(stored.To), money);
                return new TransferView(transfer, Rejection.None, Shown(header), at);
            }
            case RecordKind.TransferRefused:
            {
                ref readonly var stored = ref Records.As<RefusalRecord>(record);
                var (from, to) = Records.RefusedAccounts(record);
                var transfer = new Transfer(
                    new TransactionId(stored.Id), AccountId.Parse(from.ToString()), AccountId.Parse(to.ToString()),
                    new Money(stored.Amount, new Currency(stored.Currency)));
                return new TransferView(transfer, stored.Rejection, Shown(header), at);
            }
            case RecordKind.TransferSettled or RecordKind.TransferReleased:
            {
                ref readonly var stored = ref Records.As<ReservationRecord>(record);
                var transfer = new Transfer(
                    new TransactionId(stored.Id), Directory.IdOf(stored.From), PayeeOf(record),
                    new Money(stored.Amount, Accounts[stored.From].Account.Currency));
                return new TransferView(transfer, stored.Rejection, Shown(header), at);
            }
            case RecordKind.DebitLeg:
            {
                ref readonly var stored = ref Records.As<LegRecord>(record);
                var transfer = new Transfer(
                    new TransactionId(stored.Id), Directory.IdOf(stored.Account), CounterpartyOf(record),
                    new Money(stored.Amount, Accounts[stored.Account].Account.Currency));
                return new TransferView(transfer, Rejection.None, SequenceOf(stored), at);
            }
            default:
                throw new UnreachableException($"A {header.Kind} record settles no transfer.");
        }
    }

    /// <summary>What a record says about the account of that number, which it must concern.</summary>
    public AccountMoment Describe(ReadOnlySpan<byte> record, int number)
    {
        ref readonly var header = ref Records.As<RecordHeader>(record);
        switch (header.Kind)
        {
            case RecordKind.TransferSucceeded:
            {
                ref readonly var stored = ref Records.As<TransferRecord>(record);
                var isDebit = stored.From == number;
                return Entry(
                    number, header, isDebit ? stored.FromSide : stored.ToSide, frozen: false, stored.Id,
                    isDebit ? EntryDirection.Debit : EntryDirection.Credit, stored.Amount,
                    Directory.IdOf(isDebit ? stored.To : stored.From));
            }
            case RecordKind.TransferSettled:
            {
                ref readonly var stored = ref Records.As<RemoteDebitRecord>(record);
                return Entry(
                    number, header, stored.FromSide, stored.IsFrozen != 0, stored.Reservation.Id, EntryDirection.Debit,
                    stored.Reservation.Amount, PayeeOf(record));
            }
            case RecordKind.TransferCredited:
            {
                ref readonly var stored = ref Records.As<RemoteCreditRecord>(record);
                return Entry(
                    number, header, stored.ToSide, stored.IsFrozen != 0, stored.Promise.Id, EntryDirection.Credit,
                    stored.Promise.Amount, PayerOf(record));
            }
            case RecordKind.DebitLeg or RecordKind.CreditLeg:
            {
                ref readonly var stored = ref Records.As<LegRecord>(record);
                return Entry(
                    number, header, stored.Side, frozen: false, stored.Id,
                    header.Kind == RecordKind.DebitLeg ? EntryDirection.Debit : EntryDirection.Credit, stored.Amount,
                    CounterpartyOf(record), SequenceOf(stored));
            }
            case RecordKind.AccountFrozen or RecordKind.AccountUnfrozen:
            {
                ref readonly var stored = ref Records.As<StatusRecord>(record);
                var view = ViewAfter(number, header, stored.Side, header.Kind == RecordKind.AccountFrozen);
                return new AccountMoment(
                    Shown(header), header.AtMicros, view, null, stored.Side.Previous, stored.Side.Skip);
            }
            case RecordKind.AccountOpened:
            {
                var opening = new AccountSide { Previous = -1, Skip = -1 };
                var view = ViewAfter(number, header, opening, frozen: false);
                return new AccountMoment(Shown(header), header.AtMicros, view, null, -1, -1);
            }
            default:
                throw new UnreachableException($"A {header.Kind} record concerns no account.");
        }
    }

    private AccountMoment Entry(
        int number, in RecordHeader header, in AccountSide side, bool frozen, Guid id, EntryDirection direction,
        long amount, AccountId counterparty, long? sequence = null)
    {
        var view = ViewAfter(number, header, side, frozen);
        var at = sequence ?? Shown(header);
        var entry = new EntryView(
            at, new TransactionId(id), direction, new Money(amount, view.Balance.Currency), view.Balance, counterparty,
            FromMicros(header.AtMicros));
        return new AccountMoment(at, header.AtMicros, view, entry, side.Previous, side.Skip);
    }

    private static AccountId PayeeOf(ReadOnlySpan<byte> record) => AccountId.Parse(Encoding.ASCII.GetString(
        record.Slice(PayeeAt(record), Records.As<ReservationRecord>(record).ToLength)));

    private static AccountId PayerOf(ReadOnlySpan<byte> record) => AccountId.Parse(Encoding.ASCII.GetString(
        record.Slice(PayerAt(record), Records.As<PromiseRecord>(record).FromLength)));

    private AccountView ViewAfter(int number, in RecordHeader header, in AccountSide side, bool frozen) => new(
        Directory.IdOf(number), new Money(side.Balance, Accounts[number].Account.Currency), frozen, side.Version,
        FromMicros(header.AtMicros));
}
