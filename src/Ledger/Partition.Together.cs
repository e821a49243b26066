using System.Runtime.CompilerServices;
using System.Text;

namespace OrleansWallet.Ledger;

// Transfers to another partition that commits with this one: both legs are recorded together, or neither is. No money
// is ever under way between the two, so there is nothing to reserve, promise or confirm.
public sealed partial class Partition
{
    /// <summary>
    /// Decides and carries out a transfer to another partition of the same commit. Its id was claimed before, in the
    /// same commit at the latest. Both buffers have room for a record.
    /// </summary>
    /// <param name="payee">The payee's partition, at work on the same commit.</param>
    /// <param name="command">What to move; its payee's number is one of the payee's partition.</param>
    /// <param name="atMicros">The host's time.</param>
    /// <param name="records">Where this partition's record goes.</param>
    /// <param name="payeeRecords">Where the payee's goes.</param>
    /// <exception cref="ArgumentException">The transfer lacks a part, or the payee's partition is no other.</exception>
    public RemoteTransferAnswer ExecuteTogether(
        Partition payee, in TransferCommand command, long atMicros, RecordBuffer records, RecordBuffer payeeRecords)
    {
        var transfer = command.Transfer;
        CheckOther(payee.Between.Membership.Number);
        if (TryAnswerKnown(transfer, out var known)) return known;
        var from = NumberOf(transfer.From, command.FromNumber);
        var to = payee.NumberOf(transfer.To, command.ToNumber);
        var refusal = Rejections.First(
            DecideDebitOf(from, transfer.Amount), payee.DecideCreditOf(to, transfer.Amount));
        // One time for both, later than all that either has recorded: no cut comes between them.
        var at = Math.Max(atMicros, Math.Max(earliestMicros, payee.earliestMicros));
        if (refusal != Rejection.None)
            return new(RemoteTransferStep.Decided, WriteRefusal(transfer, refusal, at, records));
        var outcome = WriteLeg(
            RecordKind.DebitLeg, transfer, from, payee.Between.Membership.Number, transfer.To, at, records);
        payee.WriteLeg(
            RecordKind.CreditLeg, transfer, to, Between.Membership.Number, transfer.From, at, payeeRecords);
        return new(RemoteTransferStep.Decided, outcome);
    }

    private TransferOutcome WriteLeg(
        RecordKind kind, in Transfer transfer, int account, int other, AccountId counterparty, long at,
        RecordBuffer records)
    {
        var idAt = Unsafe.SizeOf<LegRecord>();
        var id = counterparty.Value;
        var bytes = Begin<LegRecord>(records, Records.Padded(idAt + id.Length), kind, at, out var place);
        ref var record = ref Records.As<LegRecord>(bytes);
        record.Id = transfer.Id.Value;
        record.Account = account;
        record.Amount = transfer.Amount.MinorUnits;
        record.Other = (ushort)other;
        record.CounterpartyLength = (byte)Encoding.ASCII.GetBytes(id, bytes[idAt..]);
        bytes[(idAt + id.Length)..].Clear();
        ApplyLeg(ref record, place);
        if (kind == RecordKind.DebitLeg) recorded.Remember(transfer.Id, place);
        Records.Seal(bytes);
        return new TransferOutcome(Rejection.None, Replayed: false, SequenceOf(record));
    }

    // The transfer's number, and that of both entries: as of it, both accounts have them.
    private long SequenceOf(in LegRecord record) =>
        HybridTime.Of(record.Header.AtMicros, Math.Max(Between.Membership.Number, record.Other));

    private void ReplayLeg(ReadOnlySpan<byte> record, long place)
    {
        ref readonly var stored = ref Records.As<LegRecord>(record);
        ref readonly var header = ref stored.Header;
        Check(Between.Membership.IsOther(stored.Other), header, "its other partition can't be");
        var text = record[Unsafe.SizeOf<LegRecord>()..];
        Check(EndsAfter(text, stored.CounterpartyLength) && IsId(text[..stored.CounterpartyLength], out _), header,
            "its counterparty's id can't be");
        Check((uint)stored.Account < (uint)Accounts.Count && stored.Amount > 0, header,
            "its account or amount can't be");
        var amount = new Money(stored.Amount, Accounts[stored.Account].Account.Currency);
        var refusal = header.Kind == RecordKind.DebitLeg
            ? DecideDebitOf(stored.Account, amount)
            : DecideCreditOf(stored.Account, amount);
        Check(refusal == Rejection.None, header, "the rules refuse it");
        var isUnderWay = header.Kind == RecordKind.DebitLeg
            && Between.TryFind(new TransactionId(stored.Id), out _, out _);
        Check(!isUnderWay, header, "its id is under way");
        var folded = stored;
        ApplyLeg(ref folded, place);
        Check(Same(folded.Side, stored.Side), header, "the balance in it is not the one that follows");
    }

    private void ApplyLeg(ref LegRecord record, long place)
    {
        ref var slot = ref Accounts.Change(record.Account);
        ref var total = ref totals[slot.Account.Currency.NumericCode];
        if (record.Header.Kind == RecordKind.DebitLeg)
        {
            slot.Account.Debited(record.Amount);
            total -= record.Amount;
            Transfers++;
        }
        else
        {
            slot.Account.Credited(record.Amount);
            total += record.Amount;
        }
        slot.UpdatedAtMicros = record.Header.AtMicros;
        SetSide(ref record.Side, slot.Account, slot.LinkEntry(place));
        currenciesUsed[slot.Account.Currency.NumericCode] = true;
        ApplyHeader(record.Header);
    }

    private static AccountId CounterpartyOf(ReadOnlySpan<byte> record) => AccountId.Parse(Encoding.ASCII.GetString(
        record.Slice(Unsafe.SizeOf<LegRecord>(), Records.As<LegRecord>(record).CounterpartyLength)));
}
