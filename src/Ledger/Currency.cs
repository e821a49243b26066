using System.Diagnostics;

namespace OrleansWallet.Ledger;

/// <summary>
/// A currency of ISO 4217's list of active codes that has a minor unit, stored as its numeric code (USD is 840),
/// which never changes its meaning. <c>default</c> is no currency.
/// </summary>
public readonly record struct Currency : IComparable<Currency>
{
    /// <summary>The ISO 4217 numeric code, 1 to 999; 0 is no currency.</summary>
    public ushort NumericCode { get; }

    internal Currency(int numericCode) => NumericCode = checked((ushort)numericCode);

    /// <summary>All currencies, ordered by their alphabetic codes.</summary>
    public static IReadOnlyList<Currency> All => Iso4217.All;

    /// <summary>The alphabetic code, three capitals.</summary>
    public string Code => Iso4217.Of(NumericCode).Code;

    /// <summary>How many fraction digits an amount has: USD 2, JPY 0, KWD 3, CLF 4.</summary>
    public int FractionDigits => Iso4217.Of(NumericCode).FractionDigits;

    /// <summary>How many minor units make one major unit: 10 to the power of <see cref="FractionDigits"/>.</summary>
    public long MinorUnitsPerMajor => Iso4217.Of(NumericCode).MinorUnitsPerMajor;

    /// <summary>Reads an alphabetic code in capitals. False for any other text.</summary>
    public static bool TryParse(ReadOnlySpan<char> code, out Currency currency) =>
        Iso4217.TryFind(code, out currency);

    /// <summary>Reads an alphabetic code that is known to be good.</summary>
    /// <exception cref="FormatException">The text is no active ISO 4217 code.</exception>
    public static Currency Parse(string code) =>
        TryParse(code, out var currency)
            ? currency
            : throw new FormatException($"'{code}' is no active ISO 4217 code.");

    /// <summary>Takes up a stored numeric code. False if this table does not have it.</summary>
    public static bool TryFromNumericCode(int numericCode, out Currency currency)
    {
        var known = Iso4217.Has(numericCode);
        currency = known ? new Currency(numericCode) : default;
        return known;
    }

    /// <summary>Orders by alphabetic code.</summary>
    public int CompareTo(Currency other) => string.CompareOrdinal(Code, other.Code);

    /// <summary>The alphabetic code.</summary>
    public override string ToString() => NumericCode == 0 ? "(none)" : Code;

#pragma warning disable CS1591 // Order by code, as CompareTo says.
    public static bool operator <(Currency left, Currency right) => left.CompareTo(right) < 0;
    public static bool operator >(Currency left, Currency right) => left.CompareTo(right) > 0;
    public static bool operator <=(Currency left, Currency right) => left.CompareTo(right) <= 0;
    public static bool operator >=(Currency left, Currency right) => left.CompareTo(right) >= 0;
#pragma warning restore CS1591
}

/// <summary>The table iso4217.csv, the only place that knows which currencies there are.</summary>
internal static class Iso4217
{
    private const int LettersCount = 26;
    private static readonly Entry?[] ByNumber = new Entry?[1000];
    private static readonly ushort[] NumberByCode = new ushort[LettersCount * LettersCount * LettersCount];

    internal static readonly Currency[] All = Load();

    internal sealed record Entry(string Code, int FractionDigits, long MinorUnitsPerMajor);

    internal static bool Has(int number) => number is > 0 and < 1000 && ByNumber[number] is not null;

    internal static Entry Of(ushort number) =>
        ByNumber[number] ?? throw new UnreachableException($"Currency {number} is not in the table.");

    internal static bool TryFind(ReadOnlySpan<char> code, out Currency currency)
    {
        currency = default;
        if (code.Length != 3 || !char.IsAsciiLetterUpper(code[0]) || !char.IsAsciiLetterUpper(code[1])
            || !char.IsAsciiLetterUpper(code[2]))
            return false;
        var number = NumberByCode[Slot(code)];
        if (number == 0) return false;
        currency = new Currency(number);
        return true;
    }

    private static int Slot(ReadOnlySpan<char> code) =>
        ((code[0] - 'A') * LettersCount + (code[1] - 'A')) * LettersCount + (code[2] - 'A');

    private static Currency[] Load()
    {
        using var stream = typeof(Iso4217).Assembly.GetManifestResourceStream("iso4217.csv")
            ?? throw new UnreachableException("The ISO 4217 table is not in the assembly.");
        using var reader = new StreamReader(stream);
        var all = new List<Currency>();
        while (reader.ReadLine() is { } line)
        {
            if (line.StartsWith('#')) continue;
            var cells = line.Split(',', 4);
            var number = ushort.Parse(cells[1]);
            var digits = int.Parse(cells[2]);
            var perMajor = 1L;
            for (var i = 0; i < digits; i++) perMajor *= 10;
            ByNumber[number] = new Entry(cells[0], digits, perMajor);
            NumberByCode[Slot(cells[0])] = number;
            all.Add(new Currency(number));
        }
        return [.. all];
    }
}
