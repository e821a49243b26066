using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using System.Text.Json.Serialization;
using OrleansWallet.Ledger;

namespace OrleansWallet.Api;

/// <summary>An account, as answers show it.</summary>
internal sealed record AccountBody(
    [property: RegularExpression(Forms.AccountId)] string AccountId,
    [property: RegularExpression(Forms.Currency)] string Currency,
    [property: RegularExpression(Forms.Balance)] string Balance,
    [property: AllowedValues("open", "frozen")] string Status,
    [property: Description("How many entries the account has.")] long Version,
    DateTimeOffset UpdatedAt)
{
    public static AccountBody Of(AccountView account) => new(
        account.Id.Value, account.Balance.Currency.Code, account.Balance.ToAmountString(),
        account.IsFrozen ? "frozen" : "open", account.Version, account.UpdatedAt);
}

/// <summary>One line of a statement.</summary>
internal sealed record EntryBody(
    long Sequence,
    Guid TransactionId,
    [property: AllowedValues("debit", "credit"), Description("Seen from this account.")] string Direction,
    [property: RegularExpression(Forms.Amount)] string Amount,
    [property: RegularExpression(Forms.Balance), Description("The account's balance after it.")] string Balance,
    [property: RegularExpression(Forms.AccountId)] string Counterparty,
    DateTimeOffset RecordedAt)
{
    public static EntryBody Of(EntryView entry) => new(
        entry.Sequence, entry.TransactionId.Value, entry.Direction == EntryDirection.Debit ? "debit" : "credit",
        entry.Amount.ToAmountString(), entry.Balance.ToAmountString(), entry.Counterparty.Value, entry.RecordedAt);
}

/// <summary>A page of a statement, newest first.</summary>
internal sealed record EntriesBody(
    IReadOnlyList<EntryBody> Entries,
    [property: Description("What to send as cursor for the next page; null on the last.")] string? NextCursor);

/// <summary>A recorded transfer.</summary>
internal sealed record TransferBody(
    Guid TransactionId,
    [property: AllowedValues("success", "rejected")] string Status,
    [property: RegularExpression(Forms.AccountId)] string FromAccount,
    [property: RegularExpression(Forms.AccountId)] string ToAccount,
    [property: RegularExpression(Forms.Amount)] string Amount,
    [property: RegularExpression(Forms.Currency)] string Currency,
    long Sequence,
    DateTimeOffset RecordedAt)
{
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    [Description("Why it was rejected; there on rejected ones only.")]
    public string? Code { get; init; }

    public static TransferBody Of(TransferView view)
    {
        var (transfer, rejection, sequence, at) = view;
        var done = rejection == Rejection.None;
        return new TransferBody(
            transfer.Id.Value, done ? "success" : "rejected", transfer.From.Value, transfer.To.Value,
            transfer.Amount.ToAmountString(), transfer.Amount.Currency.Code, sequence, at)
        {
            Code = done ? null : Problems.CodeOf(rejection),
        };
    }
}

/// <summary>The whole ledger.</summary>
internal sealed record LedgerBody(
    long Sequence, long Accounts, long Transfers,
    [property: Description("The sum of all balances of each currency that was used; each is zero.")]
    IReadOnlyDictionary<string, string> Totals)
{
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    [Description("The hash chain's value at sequence, where there is one chain.")]
    public string? Digest { get; init; }

    public static LedgerBody Of(LedgerView ledger)
    {
        var totals = new OrderedDictionary<string, string>();
        foreach (var total in ledger.Totals) totals.Add(total.Currency.Code, total.ToAmountString());
        return new LedgerBody(ledger.Sequence, ledger.Accounts, ledger.Transfers, totals) { Digest = ledger.Digest };
    }
}

/// <summary>How the server is.</summary>
internal sealed record HealthBody([property: AllowedValues("alive", "ready")] string Status);

/// <summary>What stands at the root until there is a console.</summary>
internal sealed record IndexBody(string Name, string Openapi);

// The following are read and written by hand on their way; their shapes stand here for the OpenAPI document.

/// <summary>A request to move money.</summary>
internal sealed record TransferRequestBody(
    [property: RegularExpression(Forms.AccountId)] string FromAccount,
    [property: RegularExpression(Forms.AccountId)] string ToAccount,
    [property: RegularExpression(Forms.Amount)] string Amount,
    [property: RegularExpression(Forms.Currency)] string Currency,
    Guid TransactionId);

/// <summary>The answer to a transfer; its names are the published ones, capitals included.</summary>
internal sealed record TransferAnswerBody(
    [property: JsonPropertyName("Status"), AllowedValues("success")] string Status,
    [property: JsonPropertyName("Transaction_id")] Guid TransactionId);

/// <summary>What became of one transfer of a batch.</summary>
internal sealed record BatchAnswerBody(
    string? TransactionId,
    [property: AllowedValues("success", "rejected", "invalid")] string Status,
    [property: Description("Why not; null on success.")] string? Code,
    [property: Description("Whether an earlier request decided it.")] bool Replayed);

/// <summary>A request to open an account.</summary>
internal sealed record AccountRequestBody(
    [property: RegularExpression(Forms.AccountId)] string AccountId,
    [property: RegularExpression(Forms.Currency)] string Currency);

/// <summary>A problem, RFC 9457.</summary>
internal sealed record ProblemBody(string Type, string Title, int Status, string Detail, string Code, string TraceId)
{
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    [Description("All faults by member, on 400 only.")]
    public IReadOnlyDictionary<string, string[]>? Errors { get; init; }
}

/// <summary>The forms of values, for the document; the domain has the rules.</summary>
internal static class Forms
{
    public const string AccountId = @"^(?!\.{1,2}$)[A-Za-z0-9._:-]{1,64}$";
    public const string Currency = "^[A-Z]{3}$";
    public const string Amount = @"^(0|[1-9][0-9]*)(\.[0-9]+)?$";
    public const string Balance = @"^-?(0|[1-9][0-9]*)(\.[0-9]+)?$";
}

/// <summary>Writes the bodies without reflection.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, Converters = [typeof(Rfc3339Converter)])]
[JsonSerializable(typeof(AccountBody))]
[JsonSerializable(typeof(EntriesBody))]
[JsonSerializable(typeof(TransferBody))]
[JsonSerializable(typeof(LedgerBody))]
[JsonSerializable(typeof(HealthBody))]
[JsonSerializable(typeof(IndexBody))]
[JsonSerializable(typeof(TransferRequestBody))]
[JsonSerializable(typeof(TransferAnswerBody))]
[JsonSerializable(typeof(List<TransferRequestBody>))]
[JsonSerializable(typeof(List<BatchAnswerBody>))]
[JsonSerializable(typeof(AccountRequestBody))]
[JsonSerializable(typeof(ProblemBody))]
internal sealed partial class BodiesJson : JsonSerializerContext;
