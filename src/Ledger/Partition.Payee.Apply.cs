using System.Runtime.CompilerServices;

namespace OrleansWallet.Ledger;

// What the payee's records do to the state.
public sealed partial class Partition
{
    private static int PayerAt(ReadOnlySpan<byte> record) =>
        Records.As<RecordHeader>(record).Kind == RecordKind.TransferCredited
            ? Unsafe.SizeOf<RemoteCreditRecord>()
            : Unsafe.SizeOf<PromiseRecord>();

    private void ReplayPayee(ReadOnlySpan<byte> record, long place)
    {
        ref readonly var stored = ref Records.As<PromiseRecord>(record);
        ref readonly var header = ref stored.Header;
        Check(Between.Membership.IsOther(stored.Payer), header, "its payer's partition can't be");
        var known = ReplayNumber(stored);
        var text = record[PayerAt(record)..];
        AccountId from = default;
        var namesPayer = header.Kind is RecordKind.CreditPromised or RecordKind.TransferCredited;
        Check(!namesPayer || (EndsAfter(text, stored.FromLength) && IsId(text[..stored.FromLength], out from)),
            header, "its payer's id can't be");
        Check(namesPayer || stored.FromLength == 0, header, "it names a payer");
        Check(!known.IsThere || (known.Id.Value == stored.Id && known.ToNumber == stored.To
            && known.Amount == stored.Amount && (!namesPayer || known.From == from)), header,
            "its content is not that of the promise");
        switch (header.Kind)
        {
            case RecordKind.CreditPromised:
                Check(!known.IsThere, header, "it was promised before");
                CheckCredit(stored);
                ApplyPromise(stored, from);
                break;
            case RecordKind.TransferCredited:
                if (!known.IsThere) CheckCredit(stored);
                ReplayCredited(Records.As<RemoteCreditRecord>(record), place);
                break;
            case RecordKind.CreditRefused:
                Check(!known.IsThere && stored.Rejection.IsFinal(), header, "its reason is none");
                ApplyPromise(stored, default);
                break;
            case RecordKind.CreditCancelled:
                Check(known.IsThere || (stored.To == -1 && stored.Amount == 0), header, "its amount can't be");
                ApplyPromise(stored, default);
                break;
        }
    }

    // What was known of the transfer: nothing, or a promise. All else was final.
    private IncomingTransfer ReplayNumber(in PromiseRecord stored)
    {
        var channel = Between.From(stored.Payer);
        Check(stored.SettledBelow >= channel.First && stored.SettledBelow <= channel.Next
            && stored.Number >= stored.SettledBelow
            && stored.Number - stored.SettledBelow < NumberWindow<IncomingTransfer>.WidthMax, stored.Header,
            "its number can't be");
        for (var number = channel.First; number < stored.SettledBelow; number++)
            Check(channel[number].Status is not (CreditStatus.None or CreditStatus.Promised), stored.Header,
                $"transfer {number} isn't settled");
        var known = channel.Has(stored.Number) ? channel[stored.Number] : default;
        Check(known.Status is CreditStatus.None or CreditStatus.Promised, stored.Header, "its transfer is settled");
        return known;
    }

    private void CheckCredit(in PromiseRecord stored)
    {
        Check((uint)stored.To < (uint)Accounts.Count && stored.Amount > 0 && stored.Rejection == Rejection.None,
            stored.Header, "its account or amount can't be");
        var amount = new Money(stored.Amount, Accounts[stored.To].Account.Currency);
        Check(DecideCreditOf(stored.To, amount) == Rejection.None, stored.Header, "the rules refuse it");
    }

    private void ReplayCredited(in RemoteCreditRecord stored, long place)
    {
        var folded = stored;
        ApplyCredited(ref folded, place);
        Check(Same(folded.ToSide, stored.ToSide) && folded.IsFrozen == stored.IsFrozen, stored.Promise.Header,
            "the balance in it is not the one that follows");
    }

    private void ApplyPromise(in PromiseRecord record, AccountId from)
    {
        Take(record, from);
        ApplyHeader(record.Header);
    }

    private void ApplyCredited(ref RemoteCreditRecord record, long place)
    {
        ref readonly var promise = ref record.Promise;
        Take(promise, default);
        ref var to = ref Accounts.Change(promise.To);
        to.Account.Credited(promise.Amount);
        to.UpdatedAtMicros = promise.Header.AtMicros;
        SetSide(ref record.ToSide, to.Account, to.LinkEntry(place));
        record.IsFrozen = to.Account.IsFrozen ? (byte)1 : (byte)0;
        totals[to.Account.Currency.NumericCode] += promise.Amount;
        currenciesUsed[to.Account.Currency.NumericCode] = true;
        ApplyHeader(promise.Header);
    }

    private void Take(in PromiseRecord record, AccountId from) => Between.Take(
        record.Payer, record.SettledBelow, record.Number, new IncomingTransfer
        {
            Id = new TransactionId(record.Id),
            From = from,
            ToNumber = record.To,
            Amount = record.Amount,
            Status = StatusAfter(record.Header.Kind),
            Rejection = record.Rejection,
        });
}
