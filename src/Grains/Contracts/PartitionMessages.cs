using OrleansWallet.Ledger;
using OrleansWallet.Partitions;

namespace OrleansWallet.Grains;

// What partitions send each other, and front ends send them: the domain's own types, with these forms between silos.

/// <summary>An answer about one account; whether this very request opened it.</summary>
[GenerateSerializer, Immutable, Alias("wallet.PartitionAccount")]
public sealed record PartitionAccount(
    [property: Id(0)] Rejection Rejection, [property: Id(1)] AccountMoment? Account, [property: Id(2)] bool Created)
{
    /// <summary>The answer on its way.</summary>
    public static PartitionAccount Of(AccountResult result) => new(
        result.Rejection,
        result.Account is { } view
            ? new AccountMoment(
                view.Id.Value, view.Balance.MinorUnits, view.Balance.Currency.NumericCode, view.IsFrozen, view.Version,
                HybridTime.Of(Partition.ToMicros(view.UpdatedAt), 0))
            : null,
        result.Created);

    /// <summary>The answer in the domain's words.</summary>
    public AccountResult ToResult() => new(Rejection, Account?.ToView(), Created);
}

/// <summary>A recorded transfer on its way.</summary>
[GenerateSerializer, Immutable, Alias("wallet.RecordedTransfer")]
public sealed record RecordedTransfer(
    [property: Id(0)] TransferOrder Order, [property: Id(1)] Rejection Rejection, [property: Id(2)] long Sequence)
{
    /// <summary>The transfer in the domain's words.</summary>
    public TransferView ToView() => new(Order.ToTransfer(), Rejection, Sequence, Stored.Time(Sequence));
}

/// <summary><see cref="Transfer"/> between silos.</summary>
[GenerateSerializer, Immutable, Alias("wallet.Transfer")]
public readonly record struct TransferMessage(
    [property: Id(0)] Guid Id, [property: Id(1)] string From, [property: Id(2)] string To,
    [property: Id(3)] long MinorUnits, [property: Id(4)] ushort Currency);

/// <summary>Lets <see cref="Transfer"/> pass between silos.</summary>
[RegisterConverter]
public sealed class TransferConverter : IConverter<Transfer, TransferMessage>
{
    /// <inheritdoc/>
    public Transfer ConvertFromSurrogate(in TransferMessage surrogate) => new(
        new TransactionId(surrogate.Id), AccountId.Parse(surrogate.From), AccountId.Parse(surrogate.To),
        Stored.Money(surrogate.MinorUnits, surrogate.Currency));

    /// <inheritdoc/>
    public TransferMessage ConvertToSurrogate(in Transfer value) => new(
        value.Id.Value, value.From.Value, value.To.Value, value.Amount.MinorUnits, value.Amount.Currency.NumericCode);
}

/// <summary><see cref="TransferOutcome"/> between silos.</summary>
[GenerateSerializer, Immutable, Alias("wallet.Outcome")]
public readonly record struct OutcomeMessage(
    [property: Id(0)] Rejection Rejection, [property: Id(1)] bool Replayed, [property: Id(2)] long Sequence);

/// <summary>Lets <see cref="TransferOutcome"/> pass between silos.</summary>
[RegisterConverter]
public sealed class OutcomeConverter : IConverter<TransferOutcome, OutcomeMessage>
{
    /// <inheritdoc/>
    public TransferOutcome ConvertFromSurrogate(in OutcomeMessage surrogate) =>
        new(surrogate.Rejection, surrogate.Replayed, surrogate.Sequence);

    /// <inheritdoc/>
    public OutcomeMessage ConvertToSurrogate(in TransferOutcome value) =>
        new(value.Rejection, value.Replayed, value.Sequence);
}

/// <summary><see cref="TransferAnswers"/> between silos.</summary>
[GenerateSerializer, Immutable, Alias("wallet.TransferAnswers")]
public readonly record struct TransferAnswersMessage(
    [property: Id(0)] int[]? Places, [property: Id(1)] TransferOutcome[] Outcomes, [property: Id(2)] bool IsLast);

/// <summary>Lets <see cref="TransferAnswers"/> pass between silos.</summary>
[RegisterConverter]
public sealed class TransferAnswersConverter : IConverter<TransferAnswers, TransferAnswersMessage>
{
    /// <inheritdoc/>
    public TransferAnswers ConvertFromSurrogate(in TransferAnswersMessage surrogate) =>
        new(surrogate.Places, surrogate.Outcomes, surrogate.IsLast);

    /// <inheritdoc/>
    public TransferAnswersMessage ConvertToSurrogate(in TransferAnswers value) =>
        new(value.Places, value.Outcomes, value.IsLast);
}

/// <summary>Answers to some of a call's transfers.</summary>
/// <param name="Ticket">What the others are asked for by.</param>
/// <param name="Answers">The answers.</param>
[GenerateSerializer, Immutable, Alias("wallet.TicketedAnswers")]
public sealed record TicketedAnswers([property: Id(0)] long Ticket, [property: Id(1)] TransferAnswers Answers);

/// <summary><see cref="CreditOrder"/> between silos.</summary>
[GenerateSerializer, Immutable, Alias("wallet.CreditOrder")]
public readonly record struct CreditOrderMessage(
    [property: Id(0)] CreditStep Step, [property: Id(1)] long Number, [property: Id(2)] Guid Id,
    [property: Id(3)] string? From, [property: Id(4)] string? To, [property: Id(5)] long MinorUnits,
    [property: Id(6)] ushort Currency);

/// <summary>Lets <see cref="CreditOrder"/> pass between silos.</summary>
[RegisterConverter]
public sealed class CreditOrderConverter : IConverter<CreditOrder, CreditOrderMessage>
{
    /// <inheritdoc/>
    public CreditOrder ConvertFromSurrogate(in CreditOrderMessage surrogate)
    {
        var (step, number, id) = (surrogate.Step, surrogate.Number, new TransactionId(surrogate.Id));
        return surrogate is { From: { } from, To: { } to }
            ? new(
                step, number, id, AccountId.Parse(from), AccountId.Parse(to),
                Stored.Money(surrogate.MinorUnits, surrogate.Currency))
            : new(step, number, id);
    }

    /// <inheritdoc/>
    public CreditOrderMessage ConvertToSurrogate(in CreditOrder value) => value.From == default
        ? new(value.Step, value.Number, value.Id.Value, null, null, 0, 0)
        : new(
            value.Step, value.Number, value.Id.Value, value.From.Value, value.To.Value, value.Amount.MinorUnits,
            value.Amount.Currency.NumericCode);
}

/// <summary><see cref="CreditAnswer"/> between silos.</summary>
[GenerateSerializer, Immutable, Alias("wallet.CreditAnswer")]
public readonly record struct CreditAnswerMessage(
    [property: Id(0)] long Number, [property: Id(1)] CreditStatus Status, [property: Id(2)] Rejection Rejection);

/// <summary>Lets <see cref="CreditAnswer"/> pass between silos.</summary>
[RegisterConverter]
public sealed class CreditAnswerConverter : IConverter<CreditAnswer, CreditAnswerMessage>
{
    /// <inheritdoc/>
    public CreditAnswer ConvertFromSurrogate(in CreditAnswerMessage surrogate) =>
        new(surrogate.Number, surrogate.Status, surrogate.Rejection);

    /// <inheritdoc/>
    public CreditAnswerMessage ConvertToSurrogate(in CreditAnswer value) =>
        new(value.Number, value.Status, value.Rejection);
}

/// <summary>A question's account and amount between silos.</summary>
[GenerateSerializer, Immutable, Alias("wallet.CreditQuestion")]
public readonly record struct CreditQuestionMessage(
    [property: Id(0)] string To, [property: Id(1)] long MinorUnits, [property: Id(2)] ushort Currency);

/// <summary><see cref="PeerRequest"/> between silos.</summary>
[GenerateSerializer, Immutable, Alias("wallet.PeerRequest")]
public readonly record struct PeerRequestMessage(
    [property: Id(0)] int Payer, [property: Id(1)] long SettledBelow, [property: Id(2)] long AtMicros,
    [property: Id(3)] CreditOrder[] Orders, [property: Id(4)] Guid[] Claims,
    [property: Id(5)] CreditQuestionMessage[] Questions);

/// <summary>Lets <see cref="PeerRequest"/> pass between silos.</summary>
[RegisterConverter]
public sealed class PeerRequestConverter : IConverter<PeerRequest, PeerRequestMessage>
{
    /// <inheritdoc/>
    public PeerRequest ConvertFromSurrogate(in PeerRequestMessage surrogate) => new(
        new ChannelHead(surrogate.Payer, surrogate.SettledBelow, surrogate.AtMicros), surrogate.Orders,
        Array.ConvertAll(surrogate.Claims, id => new TransactionId(id)),
        Array.ConvertAll(surrogate.Questions, question => new CreditQuestion(
            AccountId.Parse(question.To), Stored.Money(question.MinorUnits, question.Currency))));

    /// <inheritdoc/>
    public PeerRequestMessage ConvertToSurrogate(in PeerRequest value) => new(
        value.Head.Payer, value.Head.SettledBelow, value.Head.AtMicros, value.Orders,
        Array.ConvertAll(value.Claims, id => id.Value),
        Array.ConvertAll(value.Questions, question => new CreditQuestionMessage(
            question.To.Value, question.Amount.MinorUnits, question.Amount.Currency.NumericCode)));
}

/// <summary><see cref="PeerReply"/> between silos.</summary>
[GenerateSerializer, Immutable, Alias("wallet.PeerReply")]
public readonly record struct PeerReplyMessage(
    [property: Id(0)] long AtMicros, [property: Id(1)] CreditAnswer[] Answers, [property: Id(2)] ClaimAnswer[] Claims,
    [property: Id(3)] Rejection[] Rejections);

/// <summary>Lets <see cref="PeerReply"/> pass between silos.</summary>
[RegisterConverter]
public sealed class PeerReplyConverter : IConverter<PeerReply, PeerReplyMessage>
{
    /// <inheritdoc/>
    public PeerReply ConvertFromSurrogate(in PeerReplyMessage surrogate) =>
        new(surrogate.AtMicros, surrogate.Answers, surrogate.Claims, surrogate.Rejections);

    /// <inheritdoc/>
    public PeerReplyMessage ConvertToSurrogate(in PeerReply value) =>
        new(value.AtMicros, value.Answers, value.Claims, value.Rejections);
}

/// <summary>What one partition asks of another, and of which.</summary>
/// <param name="Partition">The number of the partition that is asked.</param>
/// <param name="Request">What it is asked.</param>
[GenerateSerializer, Immutable, Alias("wallet.AddressedRequest")]
public readonly record struct AddressedRequest(
    [property: Id(0)] int Partition, [property: Id(1)] PeerRequest Request);

/// <summary>What partitions of one silo answer.</summary>
/// <param name="Silo">Where they are.</param>
/// <param name="Replies">
/// One for each request; null where the partition is not there, or nobody knows what became of its request.
/// </param>
[GenerateSerializer, Immutable, Alias("wallet.PeerReplies")]
public sealed record PeerReplies([property: Id(0)] string Silo, [property: Id(1)] PeerReply?[] Replies);

/// <summary><see cref="AccountTurnover"/> between silos.</summary>
[GenerateSerializer, Immutable, Alias("wallet.AccountTurnover")]
public readonly record struct AccountTurnoverMessage(
    [property: Id(0)] string Account, [property: Id(1)] long Debits, [property: Id(2)] long Credits);

/// <summary>Lets <see cref="AccountTurnover"/> pass between silos.</summary>
[RegisterConverter]
public sealed class AccountTurnoverConverter : IConverter<AccountTurnover, AccountTurnoverMessage>
{
    /// <inheritdoc/>
    public AccountTurnover ConvertFromSurrogate(in AccountTurnoverMessage surrogate) =>
        new(AccountId.Parse(surrogate.Account), surrogate.Debits, surrogate.Credits);

    /// <inheritdoc/>
    public AccountTurnoverMessage ConvertToSurrogate(in AccountTurnover value) =>
        new(value.Account.Value, value.Debits, value.Credits);
}

/// <summary>Money on its way.</summary>
[GenerateSerializer, Immutable, Alias("wallet.Money")]
public readonly record struct MoneyMessage([property: Id(0)] long MinorUnits, [property: Id(1)] ushort Currency)
{
    /// <summary>Money on its way.</summary>
    public static MoneyMessage Of(Money money) => new(money.MinorUnits, money.Currency.NumericCode);

    /// <summary>The money.</summary>
    public Money ToMoney() => Stored.Money(MinorUnits, Currency);
}

/// <summary>Money of one transfer between partitions, on its way.</summary>
[GenerateSerializer, Immutable, Alias("wallet.ChannelMoney")]
public readonly record struct ChannelMoneyMessage(
    [property: Id(0)] int Partition, [property: Id(1)] long Number, [property: Id(2)] MoneyMessage Amount)
{
    /// <summary>The money on its way.</summary>
    public static ChannelMoneyMessage Of(ChannelMoney money) =>
        new(money.Partition, money.Number, MoneyMessage.Of(money.Amount));

    /// <summary>The money.</summary>
    public ChannelMoney ToMoney() => new(Partition, Number, Amount.ToMoney());
}

/// <summary><see cref="PartitionReading"/> between silos.</summary>
[GenerateSerializer, Immutable, Alias("wallet.PartitionReading")]
public readonly record struct PartitionReadingMessage(
    [property: Id(0)] int Activation, [property: Id(1)] long Accounts, [property: Id(2)] long Transfers,
    [property: Id(3)] int Number, [property: Id(4)] long AtMicros, [property: Id(5)] MoneyMessage[] Totals,
    [property: Id(6)] ChannelMoneyMessage[] Held, [property: Id(7)] ChannelMoneyMessage[] Credited);

/// <summary>Lets <see cref="PartitionReading"/> pass between silos.</summary>
[RegisterConverter]
public sealed class PartitionReadingConverter : IConverter<PartitionReading, PartitionReadingMessage>
{
    /// <inheritdoc/>
    public PartitionReading ConvertFromSurrogate(in PartitionReadingMessage surrogate) => new(
        surrogate.Activation, surrogate.Accounts, surrogate.Transfers,
        new PartitionCut(
            surrogate.Number, surrogate.AtMicros, [.. surrogate.Totals.Select(total => total.ToMoney())],
            [.. surrogate.Held.Select(money => money.ToMoney())],
            [.. surrogate.Credited.Select(money => money.ToMoney())]));

    /// <inheritdoc/>
    public PartitionReadingMessage ConvertToSurrogate(in PartitionReading value) => new(
        value.Activation, value.Accounts, value.Transfers, value.Cut.Number, value.Cut.AtMicros,
        [.. value.Cut.Totals.Select(MoneyMessage.Of)], [.. value.Cut.Held.Select(ChannelMoneyMessage.Of)],
        [.. value.Cut.Credited.Select(ChannelMoneyMessage.Of)]);
}

/// <summary><see cref="PartitionUnavailableException"/> on its way.</summary>
[GenerateSerializer, Immutable, Alias("wallet.PartitionUnavailable")]
public readonly record struct PartitionUnavailableMessage([property: Id(0)] string Text);

/// <summary>Lets <see cref="PartitionUnavailableException"/> pass between silos, without its cause.</summary>
[RegisterConverter]
public sealed class PartitionUnavailableConverter
    : IConverter<PartitionUnavailableException, PartitionUnavailableMessage>
{
    /// <inheritdoc/>
    public PartitionUnavailableException ConvertFromSurrogate(in PartitionUnavailableMessage surrogate) =>
        new(surrogate.Text);

    /// <inheritdoc/>
    public PartitionUnavailableMessage ConvertToSurrogate(in PartitionUnavailableException value) =>
        new(value.Message);
}
