using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Text;

namespace OrleansWallet.Ledger;

// The payer's side of transfers to other partitions. It is the one that coordinates: its records are the phase status.
//
// Whatever the partition hands out (orders, answers, outcomes) may leave only when everything recorded before it is
// durable. All of the protocols' correctness over crashes rests on that.
public sealed partial class Partition
{
    private Channels Between =>
        channels ?? throw new InvalidOperationException("This partition is the whole ledger: there is no other.");

    /// <summary>How many transfers to other partitions have no outcome yet.</summary>
    public int UnderWayCount => channels?.UnderWayCount ?? 0;

    /// <summary>
    /// Begins each transfer to another partition: its money is held, or its refusal is recorded. Before that, its id
    /// must have been claimed for this partition, durably. <paramref name="answers"/> has one place for each command,
    /// <paramref name="records"/> room for as many.
    /// </summary>
    /// <exception cref="ArgumentException">A transfer lacks a part, or its payee's partition is none.</exception>
    public void Reserve(
        TransferProtocol protocol, ReadOnlySpan<RemoteTransferCommand> commands, long atMicros, RecordBuffer records,
        Span<RemoteTransferAnswer> answers)
    {
        for (var i = 0; i < commands.Length; i++) answers[i] = ReserveOne(protocol, commands[i], atMicros, records);
    }

    /// <summary>
    /// Answers a transfer whose id is known here already, decided or under way, as carrying it out again would: it
    /// needs no claim. False where the id is not known.
    /// </summary>
    public bool TryAnswerKnown(in Transfer transfer, out RemoteTransferAnswer answer)
    {
        CheckWhole(transfer);
        if (recorded.TryFind(transfer.Id, found, out var length))
        {
            answer = new(RemoteTransferStep.Decided, AnswerAgain(transfer, found.AsSpan(0, length)));
            return true;
        }
        answer = default;
        if (UnderWayCount == 0 || !Between.TryFind(transfer.Id, out var payee, out var number)) return false;
        answer = ContentOf(Between.To(payee)[number]) == transfer
            ? new(RemoteTransferStep.UnderWay, default, payee, number)
            : Decided(Rejection.TransactionIdReused);
        return true;
    }

    /// <summary>Whether a transfer to another partition has no outcome yet.</summary>
    public bool IsUnderWay(TransactionId id) => UnderWayCount > 0 && Between.TryFind(id, out _, out _);

    /// <summary>A transfer that has no outcome yet. False where that id is not under way.</summary>
    public bool TryFindUnderWay(TransactionId id, out UnderWayTransfer transfer)
    {
        transfer = default;
        if (!Between.TryFind(id, out var payee, out var number)) return false;
        transfer = ViewOf(payee, number, Between.To(payee)[number]);
        return true;
    }

    /// <summary>
    /// All transfers that have no outcome yet, by partition and number: what the host has orders to send again for
    /// after a recovery, or where an answer stays out.
    /// </summary>
    public IEnumerable<UnderWayTransfer> UnderWay()
    {
        foreach (var (payee, channel) in Between.Outgoing)
            foreach (var number in channel.Numbers()) yield return ViewOf(payee, number, channel[number]);
    }

    /// <summary>
    /// Writes the order that each of these transfers needs next, the first time or again. Those that have their outcome
    /// are left out: <paramref name="written"/> tells how many orders there are.
    /// </summary>
    public ChannelHead WriteOrders(
        int payee, ReadOnlySpan<long> numbers, Span<CreditOrder> orders, out int written)
    {
        CheckOther(payee);
        var channel = Between.To(payee);
        written = 0;
        foreach (var number in numbers)
            if (channel.Has(number)) orders[written++] = OrderFor(ref channel[number], number);
        return new ChannelHead(Between.Membership.Number, channel.First, LastAtMicros);
    }

    /// <summary>
    /// Takes what a payee's partition answered to orders. <paramref name="progress"/> has one place for each answer,
    /// <paramref name="records"/> room for as many.
    /// </summary>
    /// <param name="payee">The number of that partition.</param>
    /// <param name="observedMicros">The time of its newest record; what is recorded here comes after it.</param>
    /// <param name="answers">Its answers, in any order, old and doubled ones among them.</param>
    /// <param name="atMicros">The host's time.</param>
    /// <param name="records">Where the records go.</param>
    /// <param name="progress">What followed from each.</param>
    /// <exception cref="ChannelFaultException">An answer can't be. Nothing may go on.</exception>
    public void TakeAnswers(
        int payee, long observedMicros, ReadOnlySpan<CreditAnswer> answers, long atMicros, RecordBuffer records,
        Span<TransferProgress> progress)
    {
        CheckOther(payee);
        var at = Math.Max(atMicros, observedMicros + 1);
        for (var i = 0; i < answers.Length; i++) progress[i] = TakeAnswer(payee, answers[i], at, records);
    }

    /// <summary>
    /// Gives a transfer up that has no outcome yet: its next order is a Cancel. If the payee has the money already, it
    /// succeeds nevertheless; if the payee refused, that is its outcome; else it is withdrawn, and its id may be sent
    /// again. False where the id is not under way, or is given up already.
    /// </summary>
    public bool GiveUp(TransactionId id, long atMicros, RecordBuffer records)
    {
        if (!Between.TryFind(id, out var payee, out var number)) return false;
        ref readonly var transfer = ref Between.To(payee)[number];
        if (transfer.Phase.IsCancelling) return false;
        var bytes = BeginReservation<ReservationRecord>(
            RecordKind.TransferCancelling, payee, number, transfer, atMicros, records, out _);
        ref var record = ref Records.As<ReservationRecord>(bytes);
        record.Phase = transfer.Phase.Cancelling();
        ApplyCancelling(record);
        Records.Seal(bytes);
        return true;
    }

    /// <summary>What transfers under way hold of an account's balance: a part of it that can't be spent.</summary>
    public Money HeldOf(int number) =>
        new(channels?.Held.Of(number) ?? 0, Accounts[number].Account.Currency);

    private UnderWayTransfer ViewOf(int payee, long number, in OutgoingTransfer transfer) =>
        new(payee, number, ContentOf(transfer), transfer.Phase);

    private Transfer ContentOf(in OutgoingTransfer transfer) =>
        new(transfer.Id, transfer.From, transfer.To, AmountOf(transfer));

    private Money AmountOf(in OutgoingTransfer transfer) =>
        new(transfer.Amount, Accounts[transfer.FromNumber].Account.Currency);

    private static RemoteTransferAnswer Decided(Rejection rejection) =>
        new(RemoteTransferStep.Decided, new TransferOutcome(rejection, Replayed: false, 0));

    private Rejection DecideDebitOf(int number, Money amount) =>
        Decider.DecideDebit(in AccountOf(number), channels?.Held.Of(number) ?? 0, amount);

    private void CheckOther(int partition)
    {
        if (!Between.Membership.IsOther(partition))
            throw new ArgumentOutOfRangeException(nameof(partition), partition, "There is no such other partition.");
    }

    private RemoteTransferAnswer ReserveOne(
        TransferProtocol protocol, in RemoteTransferCommand command, long at, RecordBuffer records)
    {
        CheckOther(command.Payee);
        if (TryAnswerKnown(command.Transfer, out var known)) return known;
        var transfer = command.Transfer;
        var from = NumberOf(transfer.From, command.FromNumber);
        var refusal = DecideDebitOf(from, transfer.Amount);
        if (refusal == Rejection.None) return WriteReserved(protocol, command, from, at, records);
        // Nothing comes before an account that isn't there; of any other reason the payee may have a more basic one.
        if (refusal > Rejection.AccountNotFound && command.PayeeRefusal is null)
            return new(RemoteTransferStep.AskPayee, default, command.Payee);
        var payeeRefusal = command.PayeeRefusal is { } asked && asked.IsFinal() ? asked : Rejection.None;
        return new(
            RemoteTransferStep.Decided,
            WriteRefusal(transfer, Rejections.First(refusal, payeeRefusal), at, records));
    }

    private RemoteTransferAnswer WriteReserved(
        TransferProtocol protocol, in RemoteTransferCommand command, int from, long at, RecordBuffer records)
    {
        var channel = Between.To(command.Payee);
        if (channel.IsFull) return Decided(Rejection.Overloaded);
        var transfer = new OutgoingTransfer
        {
            Id = command.Transfer.Id,
            From = command.Transfer.From,
            To = command.Transfer.To,
            FromNumber = from,
            Amount = command.Transfer.Amount.MinorUnits,
            Phase = PhaseStatus.Reserved(protocol),
        };
        var number = channel.Next;
        var bytes = BeginReservation<ReservationRecord>(
            RecordKind.TransferReserved, command.Payee, number, transfer, at, records, out _);
        Between.Reserve(command.Payee, number, transfer);
        ApplyHeader(Records.As<RecordHeader>(bytes));
        Records.Seal(bytes);
        return new(RemoteTransferStep.Reserved, default, command.Payee, number);
    }

    private CreditOrder OrderFor(ref OutgoingTransfer transfer, long number)
    {
        switch (transfer.Phase.Second)
        {
            case SecondPhase.None:
                transfer.Phase.PayeeTry = StepStatus.Sent;
                var step = transfer.Phase.Protocol == TransferProtocol.Tcc ? CreditStep.Try : CreditStep.Credit;
                return new(step, number, transfer.Id, transfer.From, transfer.To, AmountOf(transfer));
            case SecondPhase.Confirm:
                transfer.Phase.SecondStatus = StepStatus.Sent;
                return new(CreditStep.Confirm, number, transfer.Id);
            case SecondPhase.Cancel:
                transfer.Phase.SecondStatus = StepStatus.Sent;
                return new(CreditStep.Cancel, number, transfer.Id);
            default:
                throw new UnreachableException($"{transfer.Phase.Second} is no phase of a transfer under way.");
        }
    }

    private TransferProgress TakeAnswer(int payee, in CreditAnswer answer, long at, RecordBuffer records)
    {
        var channel = Between.To(payee);
        if (!channel.Has(answer.Number)) return default;
        ref var transfer = ref channel[answer.Number];
        switch (answer.Status)
        {
            case CreditStatus.Promised when transfer.Phase.Protocol == TransferProtocol.Tcc:
                // Doubled, or too late: the second phase was decided.
                if (transfer.Phase.Second != SecondPhase.None) return default;
                transfer.Phase.PayeeTry = StepStatus.Answered;
                transfer.Phase.Second = SecondPhase.Confirm;
                return new(transfer.Id, answer.Number, ProgressKind.Confirm);
            case CreditStatus.Credited:
                return WriteSettled(payee, answer.Number, transfer, at, records);
            case CreditStatus.Refused when answer.Rejection.IsFinal():
                return WriteReleased(payee, answer.Number, transfer, answer.Rejection, at, records);
            case CreditStatus.Cancelled when transfer.Phase.IsCancelling:
                return WriteReleased(payee, answer.Number, transfer, Rejection.None, at, records);
            default:
                throw new ChannelFaultException(
                    payee, answer.Number, $"the answer {answer.Status} can't be to a transfer that is under way");
        }
    }

    private TransferProgress WriteSettled(
        int payee, long number, in OutgoingTransfer transfer, long at, RecordBuffer records)
    {
        var bytes = BeginReservation<RemoteDebitRecord>(
            RecordKind.TransferSettled, payee, number, transfer, at, records, out var place);
        ref var record = ref Records.As<RemoteDebitRecord>(bytes);
        record.Reservation.Phase = transfer.Phase.Settled();
        var id = transfer.Id;
        ApplySettled(ref record, place);
        recorded.Remember(id, place);
        Records.Seal(bytes);
        var outcome = new TransferOutcome(Rejection.None, Replayed: false, Shown(record.Reservation.Header));
        return new(id, number, ProgressKind.Decided, outcome);
    }

    private TransferProgress WriteReleased(
        int payee, long number, in OutgoingTransfer transfer, Rejection rejection, long at, RecordBuffer records)
    {
        var bytes = BeginReservation<ReservationRecord>(
            RecordKind.TransferReleased, payee, number, transfer, at, records, out var place);
        ref var record = ref Records.As<ReservationRecord>(bytes);
        record.Rejection = rejection;
        record.Phase = rejection == Rejection.None ? transfer.Phase.Withdrawn() : transfer.Phase.Refused();
        var id = transfer.Id;
        ApplyReleased(record);
        Records.Seal(bytes);
        if (rejection == Rejection.None)
            return new(id, number, ProgressKind.Withdrawn, new TransferOutcome(Rejection.Unavailable, false, 0));
        recorded.Remember(id, place);
        return new(id, number, ProgressKind.Decided, new TransferOutcome(rejection, false, Shown(record.Header)));
    }

    private Span<byte> BeginReservation<TRecord>(
        RecordKind kind, int payee, long number, in OutgoingTransfer transfer, long at, RecordBuffer records,
        out long place) where TRecord : unmanaged
    {
        var toAt = Unsafe.SizeOf<TRecord>();
        var to = transfer.To.Value;
        var bytes = Begin<TRecord>(records, Records.Padded(toAt + to.Length), kind, at, out place);
        ref var record = ref Records.As<ReservationRecord>(bytes);
        record.Id = transfer.Id.Value;
        record.From = transfer.FromNumber;
        record.Amount = transfer.Amount;
        record.Payee = (ushort)payee;
        record.Number = number;
        record.Phase = transfer.Phase;
        record.ToLength = (byte)Encoding.ASCII.GetBytes(to, bytes[toAt..]);
        bytes[(toAt + to.Length)..].Clear();
        return bytes;
    }
}
