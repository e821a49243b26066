using System.Runtime.CompilerServices;

namespace OrleansWallet.Ledger;

// What the payer's records do to the state.
public sealed partial class Partition
{
    private static int PayeeAt(ReadOnlySpan<byte> record) =>
        Records.As<RecordHeader>(record).Kind == RecordKind.TransferSettled
            ? Unsafe.SizeOf<RemoteDebitRecord>()
            : Unsafe.SizeOf<ReservationRecord>();

    private void ReplayPayer(ReadOnlySpan<byte> record, long place)
    {
        ref readonly var stored = ref Records.As<ReservationRecord>(record);
        ref readonly var header = ref stored.Header;
        var text = record[PayeeAt(record)..];
        AccountId to = default;
        Check(Between.Membership.IsOther(stored.Payee), header, "its payee's partition can't be");
        Check(EndsAfter(text, stored.ToLength) && IsId(text[..stored.ToLength], out to), header,
            "its payee's id can't be");
        Check(stored.Phase.Protocol is TransferProtocol.Tcc or TransferProtocol.Saga, header,
            "its protocol is not known");
        if (header.Kind == RecordKind.TransferReserved)
        {
            ReplayReserved(stored, to);
            return;
        }
        CheckUnderWay(stored, to);
        ref readonly var transfer = ref Between.To(stored.Payee)[stored.Number];
        switch (header.Kind)
        {
            case RecordKind.TransferCancelling:
                Check(!transfer.Phase.IsCancelling
                    && stored.Phase with { PayeeTry = 0 } == transfer.Phase.Cancelling() with { PayeeTry = 0 }, header,
                    "its phase can't be");
                ApplyCancelling(stored);
                break;
            case RecordKind.TransferSettled:
                Check(stored.Phase == transfer.Phase.Settled(), header, "its phase can't be");
                ReplaySettled(Records.As<RemoteDebitRecord>(record), place);
                break;
            case RecordKind.TransferReleased:
                var isWithdrawn = stored.Rejection == Rejection.None && transfer.Phase.IsCancelling;
                Check(stored.Rejection.IsFinal() || isWithdrawn, header, "its reason is none");
                Check(stored.Phase == (isWithdrawn ? transfer.Phase.Withdrawn() : transfer.Phase.Refused()), header,
                    "its phase can't be");
                ApplyReleased(stored);
                break;
        }
    }

    private void ReplayReserved(in ReservationRecord stored, AccountId to)
    {
        ref readonly var header = ref stored.Header;
        Check((uint)stored.From < (uint)Accounts.Count && stored.Amount > 0, header, "its account or amount can't be");
        var amount = new Money(stored.Amount, Accounts[stored.From].Account.Currency);
        Check(DecideDebitOf(stored.From, amount) == Rejection.None, header, "the rules refuse it");
        var channel = Between.To(stored.Payee);
        Check(stored.Number == channel.Next && !channel.IsFull, header, "its number is not the channel's next");
        Check(!Between.TryFind(new TransactionId(stored.Id), out _, out _), header, "its id is under way");
        Check(stored.Phase == PhaseStatus.Reserved(stored.Phase.Protocol) && stored.Rejection == Rejection.None, header,
            "its phase can't be");
        Between.Reserve(stored.Payee, stored.Number, new OutgoingTransfer
        {
            Id = new TransactionId(stored.Id),
            From = Directory.IdOf(stored.From),
            To = to,
            FromNumber = stored.From,
            Amount = stored.Amount,
            Phase = stored.Phase,
        });
        ApplyHeader(header);
    }

    private void CheckUnderWay(in ReservationRecord stored, AccountId to)
    {
        var channel = Between.To(stored.Payee);
        Check(channel.Has(stored.Number), stored.Header, "it is of a transfer that isn't under way");
        ref readonly var transfer = ref channel[stored.Number];
        Check(transfer.Id.Value == stored.Id && transfer.FromNumber == stored.From && transfer.Amount == stored.Amount
            && transfer.To == to && transfer.Phase.Protocol == stored.Phase.Protocol, stored.Header,
            "its content is not that of the transfer under way");
    }

    private void ReplaySettled(in RemoteDebitRecord stored, long place)
    {
        var folded = stored;
        ApplySettled(ref folded, place);
        Check(Same(folded.FromSide, stored.FromSide) && folded.IsFrozen == stored.IsFrozen, stored.Reservation.Header,
            "the balance in it is not the one that follows");
    }

    private void ApplyCancelling(in ReservationRecord record)
    {
        Between.To(record.Payee)[record.Number].Phase = record.Phase;
        ApplyHeader(record.Header);
    }

    private void ApplySettled(ref RemoteDebitRecord record, long place)
    {
        ref readonly var reservation = ref record.Reservation;
        Between.Settle(reservation.Payee, reservation.Number);
        ref var from = ref Accounts.Change(reservation.From);
        from.Account.Debited(reservation.Amount);
        from.UpdatedAtMicros = reservation.Header.AtMicros;
        SetSide(ref record.FromSide, from.Account, from.LinkEntry(place));
        record.IsFrozen = from.Account.IsFrozen ? (byte)1 : (byte)0;
        totals[from.Account.Currency.NumericCode] -= reservation.Amount;
        currenciesUsed[from.Account.Currency.NumericCode] = true;
        Transfers++;
        ApplyHeader(reservation.Header);
    }

    private void ApplyReleased(in ReservationRecord record)
    {
        Between.Settle(record.Payee, record.Number);
        ApplyHeader(record.Header);
    }
}
