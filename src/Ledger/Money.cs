namespace OrleansWallet.Ledger;

/// <summary>
/// An amount of one currency in whole minor units (cents). It may be negative where it is a settlement account's
/// balance; an amount to transfer is always above zero.
/// </summary>
public readonly record struct Money(long MinorUnits, Currency Currency)
{
    /// <summary>The largest amount and the largest balance, in minor units: 9·10^18, just under 2^63.</summary>
    public const long MinorUnitsMax = 9_000_000_000_000_000_000;

    /// <summary>The longest text <see cref="TryFormat(Span{byte}, out int)"/> writes.</summary>
    public const int TextLengthMax = 24;

    /// <summary>
    /// Reads an amount to transfer: digits, then at most one point and digits, no sign, exponent, space or
    /// thousands mark, no leading zero before another digit, no more fraction digits than the currency has,
    /// above zero and at most <see cref="MinorUnitsMax"/>.
    /// </summary>
    public static bool TryParse(ReadOnlySpan<char> text, Currency currency, out Money money) =>
        Check(text, currency, out money) == AmountFault.None;

    /// <summary>Reads an amount like <see cref="TryParse"/> and tells what is wrong with it.</summary>
    public static AmountFault Check(ReadOnlySpan<char> text, Currency currency, out Money money)
    {
        money = default;
        var point = text.IndexOf('.');
        var whole = point < 0 ? text : text[..point];
        var fraction = point < 0 ? [] : text[(point + 1)..];
        if (whole.IsEmpty || (point >= 0 && fraction.IsEmpty) || !AllDigits(whole) || !AllDigits(fraction))
            return AmountFault.NotDecimal;
        if (whole.Length > 1 && whole[0] == '0') return AmountFault.LeadingZero;
        if (fraction.Length > currency.FractionDigits) return AmountFault.TooManyFractionDigits;

        var units = 0UL;
        foreach (var digit in whole)
            if (!Append(ref units, digit)) return AmountFault.TooLarge;
        foreach (var digit in fraction)
            if (!Append(ref units, digit)) return AmountFault.TooLarge;
        for (var i = fraction.Length; i < currency.FractionDigits; i++)
            if (!Append(ref units, '0')) return AmountFault.TooLarge;
        if (units == 0) return AmountFault.Zero;
        money = new Money((long)units, currency);
        return AmountFault.None;
    }

    /// <summary>Reads an amount that is known to be good.</summary>
    /// <exception cref="FormatException">The text is no amount of that currency.</exception>
    public static Money Parse(string text, Currency currency) =>
        Check(text, currency, out var money) is var fault and not AmountFault.None
            ? throw new FormatException($"'{text}' is no amount of {currency}: {fault.Explain(currency)}")
            : money;

    /// <summary>Writes the amount as ASCII with exactly the currency's number of fraction digits.</summary>
    public bool TryFormat(Span<byte> destination, out int written)
    {
        Span<byte> reversed = stackalloc byte[TextLengthMax];
        var digits = Currency.FractionDigits;
        // Not Math.Abs, which throws for the lowest long: a report of a damaged total must be able to name it.
        var rest = MinorUnits < 0 ? unchecked(0UL - (ulong)MinorUnits) : (ulong)MinorUnits;
        var length = 0;
        for (var place = 0; place <= digits || rest > 0; place++)
        {
            if (place == digits && digits > 0) reversed[length++] = (byte)'.';
            reversed[length++] = (byte)('0' + rest % 10);
            rest /= 10;
        }
        if (MinorUnits < 0) reversed[length++] = (byte)'-';
        written = 0;
        if (destination.Length < length) return false;
        while (length > 0) destination[written++] = reversed[--length];
        return true;
    }

    /// <summary>The amount with exactly the currency's number of fraction digits, without its code: 10.50.</summary>
    public string ToAmountString()
    {
        Span<byte> text = stackalloc byte[TextLengthMax];
        TryFormat(text, out var written);
        return System.Text.Encoding.ASCII.GetString(text[..written]);
    }

    /// <summary>The amount and its currency: 10.50 USD.</summary>
    public override string ToString() => Currency == default ? "(none)" : $"{ToAmountString()} {Currency}";

    private static bool AllDigits(ReadOnlySpan<char> text) => !text.ContainsAnyExceptInRange('0', '9');

    private static bool Append(ref ulong units, char digit)
    {
        // Both the old and the new value stay under 9e18, so nine more digits could not wrap unseen.
        if (units > MinorUnitsMax / 10) return false;
        units = units * 10 + (ulong)(digit - '0');
        return units <= MinorUnitsMax;
    }
}

/// <summary>What can be wrong with an amount's text.</summary>
public enum AmountFault
{
    /// <summary>Nothing.</summary>
    None,
    /// <summary>Not digits with at most one point between digits.</summary>
    NotDecimal,
    /// <summary>A zero stands before another digit.</summary>
    LeadingZero,
    /// <summary>More fraction digits than the currency has.</summary>
    TooManyFractionDigits,
    /// <summary>Nothing to transfer.</summary>
    Zero,
    /// <summary>More than <see cref="Money.MinorUnitsMax"/> minor units.</summary>
    TooLarge,
}

/// <summary>Says in words what is wrong with an amount.</summary>
public static class AmountFaults
{
    /// <summary>One sentence for the caller, telling what form is asked for.</summary>
    public static string Explain(this AmountFault fault, Currency currency) => fault switch
    {
        AmountFault.None => "The amount is good.",
        AmountFault.NotDecimal =>
            "Write the amount as digits with at most one point between digits, such as \"10\" or \"10.5\".",
        AmountFault.LeadingZero => "Leave out the zero before the first other digit.",
        AmountFault.TooManyFractionDigits =>
            $"{currency} has {currency.FractionDigits} fraction digits; send no more than that.",
        AmountFault.Zero => "Send an amount above zero.",
        AmountFault.TooLarge => $"Send at most {Money.MinorUnitsMax} minor units.",
        _ => throw new System.Diagnostics.UnreachableException(),
    };
}
