using System.Globalization;
using System.Numerics;
using System.Text;
using System.Text.RegularExpressions;
using FsCheck;
using FsCheck.Fluent;

namespace OrleansWallet.Ledger.Tests;

public sealed partial class MoneyTests
{
    private static readonly Currency Usd = Currency.Parse("USD");

    public static TheoryData<string> Currencies => [.. Currency.All.Select(currency => currency.Code)];

    [Theory]
    [InlineData("10", "USD", 1000)]
    [InlineData("10.5", "USD", 1050)]
    [InlineData("10.50", "USD", 1050)]
    [InlineData("0.01", "USD", 1)]
    [InlineData("1", "JPY", 1)]
    [InlineData("0.001", "KWD", 1)]
    [InlineData("1.2", "KWD", 1200)]
    [InlineData("0.0001", "CLF", 1)]
    [InlineData("90000000000000000.00", "USD", Money.MinorUnitsMax)]
    [InlineData("90000000000000000", "USD", Money.MinorUnitsMax)]
    [InlineData("9000000000000000000", "JPY", Money.MinorUnitsMax)]
    [InlineData("900000000000000.0000", "CLF", Money.MinorUnitsMax)]
    public void A_decimal_text_is_read_as_minor_units(string text, string code, long minorUnits)
    {
        var currency = Currency.Parse(code);

        Assert.True(Money.TryParse(text, currency, out var money));
        Assert.Equal(new Money(minorUnits, currency), money);
        Assert.Equal(money, Money.Parse(text, currency));
    }

    [Theory]
    [InlineData("", AmountFault.NotDecimal)]
    [InlineData(".", AmountFault.NotDecimal)]
    [InlineData(".5", AmountFault.NotDecimal)]
    [InlineData("5.", AmountFault.NotDecimal)]
    [InlineData("1.2.3", AmountFault.NotDecimal)]
    [InlineData("1..2", AmountFault.NotDecimal)]
    [InlineData("-1", AmountFault.NotDecimal)]
    [InlineData("+1", AmountFault.NotDecimal)]
    [InlineData("1e2", AmountFault.NotDecimal)]
    [InlineData("1E2", AmountFault.NotDecimal)]
    [InlineData(" 1", AmountFault.NotDecimal)]
    [InlineData("1 ", AmountFault.NotDecimal)]
    [InlineData("1\n", AmountFault.NotDecimal)]
    [InlineData("1\0", AmountFault.NotDecimal)]
    [InlineData("1,000", AmountFault.NotDecimal)]
    [InlineData("1_000", AmountFault.NotDecimal)]
    [InlineData("1'000", AmountFault.NotDecimal)]
    [InlineData("1,5", AmountFault.NotDecimal)]
    [InlineData("0x10", AmountFault.NotDecimal)]
    [InlineData("$1", AmountFault.NotDecimal)]
    [InlineData("NaN", AmountFault.NotDecimal)]
    [InlineData("\u0661", AmountFault.NotDecimal)]
    [InlineData("\uff11", AmountFault.NotDecimal)]
    [InlineData("1\u066b5", AmountFault.NotDecimal)]
    [InlineData("01", AmountFault.LeadingZero)]
    [InlineData("00", AmountFault.LeadingZero)]
    [InlineData("00.01", AmountFault.LeadingZero)]
    [InlineData("1.001", AmountFault.TooManyFractionDigits)]
    [InlineData("1.000", AmountFault.TooManyFractionDigits)]
    [InlineData("0", AmountFault.Zero)]
    [InlineData("0.0", AmountFault.Zero)]
    [InlineData("0.00", AmountFault.Zero)]
    [InlineData("90000000000000000.01", AmountFault.TooLarge)]
    [InlineData("90000000000000001", AmountFault.TooLarge)]
    [InlineData("184467440737095516.16", AmountFault.TooLarge)]
    [InlineData("184467440737095516.17", AmountFault.TooLarge)]
    [InlineData("99999999999999999999999999999999999999999999", AmountFault.TooLarge)]
    public void Any_other_text_is_refused_with_its_fault(string text, AmountFault fault)
    {
        Assert.Equal(fault, Money.Check(text, Usd, out var money));
        Assert.Equal(default, money);
        Assert.False(Money.TryParse(text, Usd, out _));
        Assert.Throws<FormatException>(() => Money.Parse(text, Usd));
    }

    [Theory, MemberData(nameof(Currencies))]
    public void Every_currency_takes_exactly_its_own_fraction_digits(string code)
    {
        var currency = Currency.Parse(code);
        var digits = currency.FractionDigits;
        var smallest = digits == 0 ? "1" : "0." + new string('0', digits - 1) + "1";

        Assert.Equal(1, Money.Parse(smallest, currency).MinorUnits);
        Assert.Equal(currency.MinorUnitsPerMajor, Money.Parse("1", currency).MinorUnits);
        Assert.Equal(
            AmountFault.TooManyFractionDigits, Money.Check("1." + new string('0', digits + 1), currency, out _));
        for (var given = 1; given <= digits; given++)
            Assert.True(Money.TryParse("1." + new string('7', given), currency, out _));
    }

    [Theory, MemberData(nameof(Currencies))]
    public void Every_currency_has_the_same_limit_in_minor_units(string code)
    {
        var currency = Currency.Parse(code);
        var largest = new Money(Money.MinorUnitsMax, currency);
        var whole = new BigInteger(Money.MinorUnitsMax) / currency.MinorUnitsPerMajor;

        Assert.Equal(largest, Money.Parse(whole.ToString(CultureInfo.InvariantCulture), currency));
        Assert.Equal(largest, Money.Parse(largest.ToAmountString(), currency));
        var above = ReferenceFormat(Money.MinorUnitsMax + 1, currency);
        Assert.Equal(AmountFault.TooLarge, Money.Check(above, currency, out _));
    }

    [Fact]
    public void What_is_formatted_is_read_as_the_same_amount()
    {
        var amounts =
            from currency in Gen.Elements<Currency>(Currency.All)
            from bits in Properties.Between(0, 62)
            from low in Properties.Between(1, Money.MinorUnitsMax)
            select new Money(Math.Max(1, low >> (int)bits), currency);

        Properties.Hold(Arb.From(amounts), money =>
            Assert.Equal(money, Money.Parse(money.ToAmountString(), money.Currency)), tests: 2000);
    }

    [Fact]
    public void What_is_read_is_formatted_as_the_same_text_with_all_fraction_digits()
    {
        Properties.Hold(Arb.From(Texts), sample =>
        {
            if (!Money.TryParse(sample.Text, sample.Currency, out var money)) return;
            var digits = sample.Currency.FractionDigits;
            var given = sample.Text.Contains('.') ? sample.Text.Length - sample.Text.IndexOf('.') - 1 : 0;
            var full = digits > given
                ? sample.Text + (given == 0 ? "." : "") + new string('0', digits - given)
                : sample.Text;
            Assert.Equal(full, money.ToAmountString());
        }, tests: 2000);
    }

    [Fact]
    public void The_parser_agrees_with_a_slow_one_on_random_and_mutated_text()
    {
        Properties.Hold(Arb.From(Texts), sample =>
        {
            var fault = Money.Check(sample.Text, sample.Currency, out var money);

            Assert.Equal(ReferenceCheck(sample.Text, sample.Currency, out var units), fault);
            Assert.Equal(fault == AmountFault.None ? new Money((long)units, sample.Currency) : default, money);
        }, tests: 5000);
    }

    [Theory]
    [InlineData(0, "USD", "0.00")]
    [InlineData(1, "USD", "0.01")]
    [InlineData(-1, "USD", "-0.01")]
    [InlineData(-150, "USD", "-1.50")]
    [InlineData(100, "USD", "1.00")]
    [InlineData(0, "JPY", "0")]
    [InlineData(-5, "JPY", "-5")]
    [InlineData(10, "JPY", "10")]
    [InlineData(1, "KWD", "0.001")]
    [InlineData(-1234, "KWD", "-1.234")]
    [InlineData(1, "CLF", "0.0001")]
    [InlineData(-Money.MinorUnitsMax, "CLF", "-900000000000000.0000")]
    [InlineData(Money.MinorUnitsMax, "USD", "90000000000000000.00")]
    [InlineData(-Money.MinorUnitsMax, "JPY", "-9000000000000000000")]
    public void An_amount_is_written_with_exactly_its_fraction_digits(long minorUnits, string code, string text)
    {
        var money = new Money(minorUnits, Currency.Parse(code));

        Assert.Equal(text, money.ToAmountString());
        Assert.Equal($"{text} {code}", money.ToString());
    }

    [Theory]
    [InlineData(long.MinValue)]
    [InlineData(long.MaxValue)]
    public void Even_a_total_that_cannot_be_is_written_so_that_a_report_can_name_it(long minorUnits)
    {
        foreach (var currency in Currency.All)
        {
            var money = new Money(minorUnits, currency);
            Assert.Equal(ReferenceFormat(minorUnits, currency), money.ToAmountString());
            Assert.True(money.ToAmountString().Length <= Money.TextLengthMax);
        }
    }

    [Fact]
    public void Formatting_agrees_with_a_slow_one_for_either_sign_in_every_currency()
    {
        var amounts =
            from currency in Gen.Elements<Currency>(Currency.All)
            from bits in Properties.Between(0, 62)
            from units in Properties.Between(-Money.MinorUnitsMax, Money.MinorUnitsMax)
            select new Money(units >> (int)bits, currency);

        Properties.Hold(Arb.From(amounts), money =>
            Assert.Equal(ReferenceFormat(money.MinorUnits, money.Currency), money.ToAmountString()), tests: 2000);
    }

    [Fact]
    public void Formatting_into_too_little_room_writes_nothing()
    {
        var money = new Money(-12345, Usd);
        Span<byte> room = stackalloc byte[7];

        Assert.False(money.TryFormat(room[..6], out var written));
        Assert.Equal(0, written);
        Assert.True(money.TryFormat(room, out written));
        Assert.Equal("-123.45", Encoding.ASCII.GetString(room[..written]));
    }

    [Fact]
    public void No_money_is_named_so() => Assert.Equal("(none)", default(Money).ToString());

    [Fact]
    public void Every_fault_is_explained_in_words_of_its_own()
    {
        var sentences = Enum.GetValues<AmountFault>().Select(fault => fault.Explain(Usd)).ToList();

        Assert.All(sentences, sentence => Assert.EndsWith(".", sentence, StringComparison.Ordinal));
        Assert.Equal(sentences.Count, sentences.Distinct().Count());
    }

    private sealed record Sample(string Text, Currency Currency);

    // Good amounts, good amounts with one or two characters changed, and strings of the characters that matter.
    private static Gen<Sample> Texts
    {
        get
        {
            var good =
                from whole in Gen.Frequency(
                    (3, Properties.Between(0, 2000)), (1, Properties.Between(0, long.MaxValue)))
                from fraction in Gen.Choose(0, 99999)
                from digits in Gen.Choose(0, 5)
                let tail = fraction.ToString("D5", CultureInfo.InvariantCulture)[..digits]
                select whole.ToString(CultureInfo.InvariantCulture) + (digits == 0 ? "" : "." + tail);
            var character = Gen.Elements("0123456789000..-+eE, \u0663x".ToCharArray());
            var mutated =
                from text in good
                from at in Gen.Choose(0, 30)
                from how in Gen.Choose(0, 2)
                from with in character
                select Mutate(text, at % text.Length, how, with);
            var wild = Gen.ArrayOf(character).Select(characters => new string(characters));
            return
                from text in Gen.Frequency((3, good), (3, mutated), (1, wild))
                from currency in Gen.Elements<Currency>(Currency.All)
                select new Sample(text, currency);
        }
    }

    private static string Mutate(string text, int at, int how, char with) => how switch
    {
        0 => text.Insert(at, with.ToString()),
        1 => text.Remove(at, 1),
        _ => text.Remove(at, 1).Insert(at, with.ToString()),
    };

    private static AmountFault ReferenceCheck(string text, Currency currency, out BigInteger units)
    {
        units = 0;
        var match = DecimalForm().Match(text);
        if (!match.Success) return AmountFault.NotDecimal;
        var whole = match.Groups["whole"].Value;
        var fraction = match.Groups["fraction"].Value;
        if (whole != "0" && whole.StartsWith('0')) return AmountFault.LeadingZero;
        if (fraction.Length > currency.FractionDigits) return AmountFault.TooManyFractionDigits;
        units = BigInteger.Parse(whole + fraction.PadRight(currency.FractionDigits, '0'), CultureInfo.InvariantCulture);
        if (units == 0) return AmountFault.Zero;
        return units > BigInteger.Pow(10, 18) * 9 ? AmountFault.TooLarge : AmountFault.None;
    }

    private static string ReferenceFormat(BigInteger units, Currency currency)
    {
        var digits = currency.FractionDigits;
        var text = BigInteger.Abs(units).ToString(CultureInfo.InvariantCulture).PadLeft(digits + 1, '0');
        if (digits > 0) text = text.Insert(text.Length - digits, ".");
        return units < 0 ? "-" + text : text;
    }

    [GeneratedRegex(@"\A(?<whole>[0-9]+)(\.(?<fraction>[0-9]+))?\z", RegexOptions.CultureInvariant)]
    private static partial Regex DecimalForm();
}
