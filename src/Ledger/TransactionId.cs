using System.Buffers;

namespace OrleansWallet.Ledger;

/// <summary>Names one transfer. The caller chooses it, so asking twice moves money once.</summary>
public readonly record struct TransactionId(Guid Value)
{
    /// <summary>The length of the only form there is, 36 characters with hyphens.</summary>
    public const int TextLength = 36;

    private static readonly SearchValues<char> Allowed = SearchValues.Create("0123456789abcdefABCDEF-");

    /// <summary>Reads a UUID in its hyphenated form, either case. False for other forms and the nil UUID.</summary>
    public static bool TryParse(ReadOnlySpan<char> text, out TransactionId id)
    {
        id = default;
        // Guid's own parser also takes spaces around the text, and 0x or + where a group begins.
        if (text.Length != TextLength || text.ContainsAnyExcept(Allowed)) return false;
        if (!Guid.TryParseExact(text, "D", out var value) || value == Guid.Empty) return false;
        id = new TransactionId(value);
        return true;
    }

    /// <summary>Reads an id that is known to be good.</summary>
    /// <exception cref="FormatException">The text is no transaction id.</exception>
    public static TransactionId Parse(string text) =>
        TryParse(text, out var id) ? id : throw new FormatException($"'{text}' is no transaction id.");

    /// <summary>The hyphenated form in lower case.</summary>
    public override string ToString() => Value.ToString("D");
}
