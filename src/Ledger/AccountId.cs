using System.Diagnostics.CodeAnalysis;

namespace OrleansWallet.Ledger;

/// <summary>Names one account: 1 to 64 characters of <c>A-Z a-z 0-9 . _ : -</c>, case-sensitive.</summary>
public readonly record struct AccountId
{
    /// <summary>The longest id, in characters; each is one byte of ASCII.</summary>
    public const int LengthMax = 64;

    /// <summary>What the ids of settlement accounts begin with. No caller can open such an account.</summary>
    public const string SettlementPrefix = "settlement:";

    private static readonly System.Buffers.SearchValues<char> Allowed = System.Buffers.SearchValues.Create(
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._:-");

    private readonly string? value;

    private AccountId(string value) => this.value = value;

    /// <summary>The id's text; empty for <c>default</c>, which names no account.</summary>
    public string Value => value ?? "";

    /// <summary>Whether money enters and leaves the ledger through this account.</summary>
    public bool IsSettlement => Value.StartsWith(SettlementPrefix, StringComparison.Ordinal);

    /// <summary>Reads an id. False for text that is empty, too long, or has other characters.</summary>
    public static bool TryParse([NotNullWhen(true)] string? text, out AccountId id)
    {
        var ok = text is { Length: > 0 and <= LengthMax } && !text.AsSpan().ContainsAnyExcept(Allowed);
        id = ok ? new AccountId(text ?? "") : default;
        return ok;
    }

    /// <summary>Reads an id that is known to be good.</summary>
    /// <exception cref="FormatException">The text is no account id.</exception>
    public static AccountId Parse(string text) =>
        TryParse(text, out var id) ? id : throw new FormatException($"'{text}' is no account id.");

    /// <summary>The settlement account of a currency, <c>settlement:USD</c>.</summary>
    public static AccountId Settlement(Currency currency) => new(SettlementPrefix + currency.Code);

    /// <summary>The id's text.</summary>
    public override string ToString() => Value;
}
