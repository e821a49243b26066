using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

namespace OrleansWallet.Ledger.Tests;

public sealed partial class CurrencyTests
{
    private static readonly List<string> Lines = ReadTable();

    [Fact]
    public void Every_line_of_the_table_is_a_code_a_number_fraction_digits_and_a_name()
    {
        Assert.All(Lines, line => Assert.Matches(LineForm(), line));
        Assert.All(Lines, line => Assert.NotEqual("000", line.Split(',')[1]));
    }

    [Fact]
    public void No_code_and_no_number_stands_twice()
    {
        Assert.Equal(Lines.Count, Lines.Select(line => line.Split(',')[0]).Distinct().Count());
        Assert.Equal(Lines.Count, Lines.Select(line => line.Split(',')[1]).Distinct().Count());
    }

    [Fact]
    public void The_table_is_ordered_by_code()
    {
        var codes = Lines.Select(line => line.Split(',')[0]).ToList();
        Assert.Equal(codes.Order(StringComparer.Ordinal), codes);
        Assert.Equal(codes, Currency.All.Select(currency => currency.Code));
        Assert.Equal(Currency.All.Order(), Currency.All);
    }

    [Fact]
    public void Every_line_is_a_currency_found_by_code_and_by_number()
    {
        foreach (var line in Lines)
        {
            var cells = line.Split(',');
            var number = int.Parse(cells[1], CultureInfo.InvariantCulture);
            var digits = int.Parse(cells[2], CultureInfo.InvariantCulture);

            Assert.True(Currency.TryParse(cells[0], out var byCode));
            Assert.True(Currency.TryFromNumericCode(number, out var byNumber));
            Assert.Equal(byCode, byNumber);
            Assert.Equal(
                (cells[0], number, digits, (long)Math.Pow(10, digits)),
                (byCode.Code, byCode.NumericCode, byCode.FractionDigits, byCode.MinorUnitsPerMajor));
            Assert.Equal(cells[0], byCode.ToString());
        }
    }

    [Theory]
    [InlineData("USD", 840, 2)]
    [InlineData("EUR", 978, 2)]
    [InlineData("GBP", 826, 2)]
    [InlineData("CHF", 756, 2)]
    [InlineData("CNY", 156, 2)]
    [InlineData("INR", 356, 2)]
    [InlineData("ALL", 8, 2)]
    [InlineData("JPY", 392, 0)]
    [InlineData("KRW", 410, 0)]
    [InlineData("ISK", 352, 0)]
    [InlineData("CLP", 152, 0)]
    [InlineData("VND", 704, 0)]
    [InlineData("XOF", 952, 0)]
    [InlineData("KWD", 414, 3)]
    [InlineData("BHD", 48, 3)]
    [InlineData("TND", 788, 3)]
    [InlineData("CLF", 990, 4)]
    [InlineData("UYW", 927, 4)]
    [InlineData("XCG", 532, 2)]
    [InlineData("ZWG", 924, 2)]
    [InlineData("SLE", 925, 2)]
    [InlineData("VED", 926, 2)]
    public void A_known_currency_has_its_published_number_and_digits(string code, int number, int digits)
    {
        var currency = Currency.Parse(code);
        Assert.Equal((number, digits), (currency.NumericCode, currency.FractionDigits));
    }

    [Theory]
    [InlineData("HRK")]
    [InlineData("BGN")]
    [InlineData("ANG")]
    [InlineData("CUC")]
    [InlineData("SLL")]
    [InlineData("ZWL")]
    [InlineData("VEF")]
    [InlineData("XAU")]
    [InlineData("XAG")]
    [InlineData("XDR")]
    [InlineData("XXX")]
    [InlineData("XTS")]
    [InlineData("usd")]
    [InlineData("Usd")]
    [InlineData("US")]
    [InlineData("USDT")]
    [InlineData("USD ")]
    [InlineData(" USD")]
    [InlineData("840")]
    [InlineData("")]
    [InlineData("\uff35\uff33\uff24")]
    [InlineData("US\0")]
    [InlineData("U[D")]
    public void A_withdrawn_unitless_or_misspelt_code_is_refused(string code)
    {
        Assert.False(Currency.TryParse(code, out var currency));
        Assert.Equal(default, currency);
        Assert.Throws<FormatException>(() => Currency.Parse(code));
    }

    [Fact]
    public void Of_all_three_letter_codes_exactly_those_of_the_table_are_currencies()
    {
        var found = 0;
        for (var slot = 0; slot < 26 * 26 * 26; slot++)
        {
            char[] code = [(char)('A' + slot / 676), (char)('A' + slot / 26 % 26), (char)('A' + slot % 26)];
            if (!Currency.TryParse(code, out var currency)) continue;
            Assert.Equal(new string(code), currency.Code);
            found++;
        }
        Assert.Equal(Lines.Count, found);
    }

    [Fact]
    public void Of_all_numbers_exactly_those_of_the_table_are_currencies()
    {
        int[] outside = [-1, 0, 1000, 1840, 66_376, int.MinValue, int.MaxValue];

        Assert.Equal(Lines.Count, Enumerable.Range(0, 70_000).Count(n => Currency.TryFromNumericCode(n, out _)));
        Assert.All(outside, number => Assert.False(Currency.TryFromNumericCode(number, out _)));
    }

    [Fact]
    public void Currencies_compare_by_code_and_not_by_number()
    {
        var euro = Currency.Parse("EUR");
        var pound = Currency.Parse("GBP");
        var sameEuro = Currency.Parse("EUR");

        Assert.True(euro < pound && euro <= pound && pound > euro && pound >= euro);
        Assert.True(euro <= sameEuro && euro >= sameEuro && !(euro < sameEuro) && !(euro > sameEuro));
    }

    [Fact]
    public void No_currency_is_named_so() => Assert.Equal("(none)", default(Currency).ToString());

    private static List<string> ReadTable()
    {
        using var table = typeof(Currency).Assembly.GetManifestResourceStream("iso4217.csv");
        Assert.NotNull(table);
        using var reader = new StreamReader(table, new UTF8Encoding(false, throwOnInvalidBytes: true));
        return [.. reader.ReadToEnd().TrimEnd('\n').Split('\n').SkipWhile(line => line.StartsWith('#'))];
    }

    [GeneratedRegex(@"\A[A-Z]{3},[0-9]{3},[0-4],\S[^,\r\t]*\z", RegexOptions.CultureInvariant)]
    private static partial Regex LineForm();
}
