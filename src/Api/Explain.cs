namespace OrleansWallet.Api;

/// <summary>What form a value has, in the words of the answers.</summary>
internal static class Explain
{
    public const string AccountId =
        "Send an account id: 1 to 64 characters of A-Z a-z 0-9 . _ : and -, case-sensitive; not . or .. alone, " +
        "which no path can name.";

    public const string ReservedAccountId =
        $"Ids beginning with {Ledger.AccountId.SettlementPrefix} are the ledger's own; choose another.";

    public const string Currency = "Send an active ISO 4217 code in capitals, such as USD.";

    public const string TransactionId =
        "Send a UUID in its 36-character hyphenated form, not the nil UUID.";

    public const string Time =
        "Send a time as RFC 3339 writes it, such as 2026-01-31T12:00:00.000001Z; write + as %2B.";

    public const string Cursor = "Send a cursor that a page of this same account's entries gave.";

    public const string Sequence = "Send a sequence number: decimal digits, at most 9223372036854775807.";
}
