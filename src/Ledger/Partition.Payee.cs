using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Text;

namespace OrleansWallet.Ledger;

// The payee's side of transfers from other partitions. What it answers is recorded, so it is the same for ever.
public sealed partial class Partition
{
    /// <summary>
    /// Carries out orders of a payer's partition, each once, whatever comes late, twice or out of order.
    /// <paramref name="answers"/> has one place for each order, <paramref name="records"/> room for as many.
    /// </summary>
    /// <exception cref="ChannelFaultException">An order can't be. Nothing may go on.</exception>
    public void Receive(
        in ChannelHead head, ReadOnlySpan<CreditOrder> orders, long atMicros, RecordBuffer records,
        Span<CreditAnswer> answers)
    {
        CheckOther(head.Payer);
        var at = Math.Max(atMicros, head.AtMicros + 1);
        for (var i = 0; i < orders.Length; i++) answers[i] = Receive(head, orders[i], at, records);
    }

    /// <summary>Whether an account could be credited now, and if not, why. Nothing is recorded.</summary>
    public Rejection DecideCredit(AccountId to, Money amount) => DecideCreditOf(NumberOf(to, -1), amount);

    /// <summary>What transfers under way were promised to add to an account's balance.</summary>
    public Money PromisedOf(int number) =>
        new(channels?.Promised.Of(number) ?? 0, Accounts[number].Account.Currency);

    private Rejection DecideCreditOf(int number, Money amount) =>
        Decider.DecideCredit(in AccountOf(number), channels?.Promised.Of(number) ?? 0, amount);

    private CreditAnswer Receive(in ChannelHead head, in CreditOrder order, long at, RecordBuffer records)
    {
        var channel = Between.From(head.Payer);
        if (order.Number < channel.First) return new(order.Number, CreditStatus.SettledBefore);
        var known = channel.Has(order.Number) ? channel[order.Number] : default;
        if (known.IsThere && known.Id != order.Id)
            throw new ChannelFaultException(head.Payer, order.Number, "it came before with another transaction id");
        var first = Math.Max(channel.First, head.SettledBelow);
        if (order.Number < first || order.Number - first >= NumberWindow<IncomingTransfer>.WidthMax)
            throw new ChannelFaultException(head.Payer, order.Number, $"the first that isn't settled is {first}");
        return (known.Status, order.Step) switch
        {
            (CreditStatus.None, CreditStep.Try or CreditStep.Credit) => ReceiveFirst(head, order, at, records),
            (CreditStatus.Promised, CreditStep.Confirm) => WriteCredited(head, known, order.Number, at, records),
            (CreditStatus.None or CreditStatus.Promised, CreditStep.Cancel) =>
                WriteCancelled(head, known with { Id = order.Id }, order.Number, at, records),
            (CreditStatus.None, CreditStep.Confirm) => throw new ChannelFaultException(
                head.Payer, order.Number, "it is confirmed, but was never promised"),
            (CreditStatus.Promised, CreditStep.Credit) => throw new ChannelFaultException(
                head.Payer, order.Number, "it came before with another protocol"),
            _ => new(order.Number, known.Status, known.Rejection),
        };
    }

    private CreditAnswer ReceiveFirst(in ChannelHead head, in CreditOrder order, long at, RecordBuffer records)
    {
        if (order.From == default || order.Amount.MinorUnits <= 0)
            throw new ChannelFaultException(head.Payer, order.Number, "its order lacks a part");
        var to = NumberOf(order.To, -1);
        var refusal = DecideCreditOf(to, order.Amount);
        var transfer = new IncomingTransfer
        {
            Id = order.Id,
            From = order.From,
            ToNumber = to,
            Amount = order.Amount.MinorUnits,
            Rejection = refusal,
        };
        if (refusal != Rejection.None) return WriteRefused(head, transfer, order.Number, at, records);
        return order.Step == CreditStep.Try
            ? WritePromised(head, transfer, order.Number, at, records)
            : WriteCredited(head, transfer, order.Number, at, records);
    }

    private CreditAnswer WritePromised(
        in ChannelHead head, in IncomingTransfer transfer, long number, long at, RecordBuffer records)
    {
        var bytes = BeginPromise<PromiseRecord>(
            RecordKind.CreditPromised, head, transfer, number, at, records, out _);
        return WritePromise(bytes, transfer.From);
    }

    private CreditAnswer WriteRefused(
        in ChannelHead head, in IncomingTransfer transfer, long number, long at, RecordBuffer records) =>
        WritePromise(BeginPromise<PromiseRecord>(
            RecordKind.CreditRefused, head, transfer with { From = default }, number, at, records, out _), default);

    private CreditAnswer WriteCancelled(
        in ChannelHead head, in IncomingTransfer known, long number, long at, RecordBuffer records)
    {
        var transfer = known.IsThere ? known with { From = default } : new() { Id = known.Id, ToNumber = -1 };
        return WritePromise(BeginPromise<PromiseRecord>(
            RecordKind.CreditCancelled, head, transfer, number, at, records, out _), default);
    }

    private CreditAnswer WritePromise(Span<byte> bytes, AccountId from)
    {
        ref readonly var record = ref Records.As<PromiseRecord>((ReadOnlySpan<byte>)bytes);
        ApplyPromise(record, from);
        Records.Seal(bytes);
        return new(record.Number, StatusAfter(record.Header.Kind), record.Rejection);
    }

    private CreditAnswer WriteCredited(
        in ChannelHead head, in IncomingTransfer transfer, long number, long at, RecordBuffer records)
    {
        var bytes = BeginPromise<RemoteCreditRecord>(
            RecordKind.TransferCredited, head, transfer, number, at, records, out var place);
        ApplyCredited(ref Records.As<RemoteCreditRecord>(bytes), place);
        Records.Seal(bytes);
        return new(number, CreditStatus.Credited);
    }

    private Span<byte> BeginPromise<TRecord>(
        RecordKind kind, in ChannelHead head, in IncomingTransfer transfer, long number, long at, RecordBuffer records,
        out long place) where TRecord : unmanaged
    {
        var fromAt = Unsafe.SizeOf<TRecord>();
        var from = transfer.From.Value;
        var bytes = Begin<TRecord>(records, Records.Padded(fromAt + from.Length), kind, at, out place);
        ref var record = ref Records.As<PromiseRecord>(bytes);
        record.Payer = (ushort)head.Payer;
        record.Number = number;
        record.SettledBelow = Math.Max(head.SettledBelow, Between.From(head.Payer).First);
        record.Id = transfer.Id.Value;
        record.To = transfer.ToNumber;
        record.Amount = transfer.Amount;
        record.Rejection = transfer.Rejection;
        record.FromLength = (byte)Encoding.ASCII.GetBytes(from, bytes[fromAt..]);
        bytes[(fromAt + from.Length)..].Clear();
        CheckSettled(record);
        return bytes;
    }

    // The payer's partition can have settled only what was answered here for good.
    private void CheckSettled(in PromiseRecord record)
    {
        var channel = Between.From(record.Payer);
        for (var number = channel.First; number < Math.Min(record.SettledBelow, channel.Next); number++)
        {
            if (channel[number].Status is CreditStatus.None or CreditStatus.Promised)
                throw new ChannelFaultException(
                    record.Payer, number, $"it is said to be settled, but is {channel[number].Status} here");
        }
        if (record.SettledBelow > channel.Next)
            throw new ChannelFaultException(record.Payer, channel.Next, "it is said to be settled, but never came");
    }

    private static CreditStatus StatusAfter(RecordKind kind) => kind switch
    {
        RecordKind.CreditPromised => CreditStatus.Promised,
        RecordKind.TransferCredited => CreditStatus.Credited,
        RecordKind.CreditRefused => CreditStatus.Refused,
        RecordKind.CreditCancelled => CreditStatus.Cancelled,
        _ => throw new UnreachableException($"A {kind} record is not the payee's."),
    };
}
