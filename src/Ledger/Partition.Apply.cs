using System.Runtime.CompilerServices;
using System.Text;

namespace OrleansWallet.Ledger;

/// <summary>A whole record that can't follow what went before: the journal is damaged or not this ledger's.</summary>
public sealed class DamagedRecordException(string message) : Exception(message);

// The fold: what each kind of record does to the state. Execution and replay both come through here.
public sealed partial class Partition
{
    /// <summary>
    /// Replays one record that lies at that place. Remembering the id of a transfer is left to the host, which may know
    /// it already.
    /// </summary>
    /// <exception cref="DamagedRecordException">It doesn't follow from the state it would change.</exception>
    public void Apply(ReadOnlySpan<byte> record, long place)
    {
        ref readonly var header = ref Records.As<RecordHeader>(record);
        Check(header.Sequence == Sequence + 1, header, "its sequence number is not the next one");
        Check(header.AtMicros >= LastAtMicros + stepMicros, header, "its time is before that of the record before it");
        switch (header.Kind)
        {
            case RecordKind.TransferSucceeded:
                ReplayTransfer(Records.As<TransferRecord>(record), place);
                break;
            case RecordKind.TransferRefused:
                CheckRefusal(record);
                ApplyHeader(header);
                break;
            case RecordKind.AccountOpened:
                ReplayOpening(record, place);
                break;
            case RecordKind.AccountFrozen or RecordKind.AccountUnfrozen:
                ReplayStatus(Records.As<StatusRecord>(record), place);
                break;
            case >= RecordKind.TransferReserved and <= RecordKind.TransferReleased when channels is not null:
                ReplayPayer(record, place);
                break;
            case >= RecordKind.CreditPromised and <= RecordKind.CreditCancelled when channels is not null:
                ReplayPayee(record, place);
                break;
            case RecordKind.IdClaimed when channels is not null:
                ReplayClaim(record);
                break;
            case RecordKind.DebitLeg or RecordKind.CreditLeg when channels is not null:
                ReplayLeg(record, place);
                break;
            default:
                throw new DamagedRecordException($"Event {header.Sequence} is of the unknown kind {header.Kind}.");
        }
    }

    // A replayed record says what both accounts were after it; the fold must come to the same, byte for byte.
    private void ReplayTransfer(in TransferRecord stored, long place)
    {
        Check((uint)stored.From < (uint)Accounts.Count && (uint)stored.To < (uint)Accounts.Count
            && stored.From != stored.To && stored.Amount > 0, stored.Header, "its accounts or amount can't be");
        var currency = Accounts[stored.From].Account.Currency;
        Check(DecideLocal(stored.From, stored.To, new Money(stored.Amount, currency)) == Rejection.None,
            stored.Header, "the rules refuse it");
        var folded = stored;
        ApplyTransfer(ref folded, place, remember: false);
        Check(Same(folded.FromSide, stored.FromSide) && Same(folded.ToSide, stored.ToSide), stored.Header,
            "the balances in it are not those that follow");
    }

    // Nothing follows from a refusal but its answer, and that must be there to tell whenever its id is sent again.
    private static void CheckRefusal(ReadOnlySpan<byte> record)
    {
        ref readonly var stored = ref Records.As<RefusalRecord>(record);
        Check(stored.Rejection.IsFinal(), stored.Header, "its reason is none");
        Check(stored.Amount > 0, stored.Header, "its amount can't be");
        Check(Currency.TryFromNumericCode(stored.Currency, out _), stored.Header,
            "its currency is not in this version's table");
        var ids = record[Unsafe.SizeOf<RefusalRecord>()..];
        var idsLength = stored.FromLength + stored.ToLength;
        Check(EndsAfter(ids, idsLength) && IsId(ids[..stored.FromLength], out _)
            && IsId(ids[stored.FromLength..idsLength], out _), stored.Header, "its account ids can't be");
    }

    private void ReplayOpening(ReadOnlySpan<byte> record, long place)
    {
        ref readonly var stored = ref Records.As<OpenRecord>(record);
        Check(stored.Number == Directory.Count, stored.Header, "its account number is not the next one");
        Check(Currency.TryFromNumericCode(stored.Currency, out _), stored.Header,
            $"its currency {stored.Currency} is not in this version's table");
        var text = record[Unsafe.SizeOf<OpenRecord>()..];
        AccountId id = default;
        Check(EndsAfter(text, stored.IdLength) && IsId(text[..stored.IdLength], out id), stored.Header,
            "its account id can't be");
        Check(stored.IsSettlement == (id.IsSettlement ? 1 : 0), stored.Header,
            "only a settlement account has the id of one");
        Check(!Directory.TryFind(id, out _), stored.Header, "its account id is taken");
        ApplyOpening(record, place);
    }

    private void ReplayStatus(in StatusRecord stored, long place)
    {
        Check((uint)stored.Number < (uint)Accounts.Count, stored.Header, "its account was never opened");
        Check(Accounts[stored.Number].Account.IsFrozen != (stored.Header.Kind == RecordKind.AccountFrozen),
            stored.Header, "it changes nothing");
        var folded = stored;
        ApplyStatus(ref folded, place);
        Check(Same(folded.Side, stored.Side), stored.Header, "the balance in it is not the one that follows");
    }

    private void ApplyTransfer(ref TransferRecord record, long place, bool remember = true)
    {
        ref var from = ref Accounts.Change(record.From);
        from.Account.Debited(record.Amount);
        from.UpdatedAtMicros = record.Header.AtMicros;
        SetSide(ref record.FromSide, from.Account, from.LinkEntry(place));
        totals[from.Account.Currency.NumericCode] -= record.Amount;

        ref var to = ref Accounts.Change(record.To);
        to.Account.Credited(record.Amount);
        to.UpdatedAtMicros = record.Header.AtMicros;
        SetSide(ref record.ToSide, to.Account, to.LinkEntry(place));
        totals[to.Account.Currency.NumericCode] += record.Amount;

        Transfers++;
        ApplyHeader(record.Header);
        if (remember) recorded.Remember(new TransactionId(record.Id), place);
    }

    private void ApplyOpening(ReadOnlySpan<byte> bytes, long place)
    {
        ref readonly var record = ref Records.As<OpenRecord>(bytes);
        var slot = new AccountSlot
        {
            Account = Account.Opened(new Currency(record.Currency), record.IsSettlement != 0),
            UpdatedAtMicros = record.Header.AtMicros,
        };
        slot.LinkOpening(place);
        // The state first, then the name: whoever finds the name on another thread finds the account behind it.
        Accounts.Add(slot);
        Directory.Add(bytes.Slice(Unsafe.SizeOf<OpenRecord>(), record.IdLength));
        if (record.IsSettlement == 0)
        {
            AccountsOpened++;
            currenciesUsed[record.Currency] = true;
        }
        ApplyHeader(record.Header);
    }

    private void ApplyStatus(ref StatusRecord record, long place)
    {
        ref var slot = ref Accounts.Change(record.Number);
        slot.Account.FrozenSet(record.Header.Kind == RecordKind.AccountFrozen);
        slot.UpdatedAtMicros = record.Header.AtMicros;
        SetSide(ref record.Side, slot.Account, slot.LinkStatus(place));
        ApplyHeader(record.Header);
    }

    private void ApplyHeader(in RecordHeader header)
    {
        Sequence = header.Sequence;
        LastAtMicros = header.AtMicros;
        earliestMicros = header.AtMicros + stepMicros;
    }

    private static void SetSide(ref AccountSide side, in Account account, (long Previous, long Skip) link)
    {
        side.Balance = account.Balance;
        side.Version = account.Version;
        side.Previous = link.Previous;
        side.Skip = link.Skip;
    }

    private static bool Same(in AccountSide one, in AccountSide other) =>
        one.Balance == other.Balance && one.Version == other.Version && one.Previous == other.Previous
        && one.Skip == other.Skip;

    // Whether a record's text is so long: behind it lie only the zeros that fill its last eight bytes.
    private static bool EndsAfter(ReadOnlySpan<byte> text, int length) =>
        length <= text.Length && text.Length - length < 8 && !text[length..].ContainsAnyExcept((byte)0);

    private static bool IsId(ReadOnlySpan<byte> text, out AccountId id) =>
        AccountId.TryParse(Encoding.ASCII.GetString(text), out id);

    private static void Check(bool holds, in RecordHeader header, string fault)
    {
        if (!holds) throw new DamagedRecordException($"Event {header.Sequence} can't follow: {fault}.");
    }
}
