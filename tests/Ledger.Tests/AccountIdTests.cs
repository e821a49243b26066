using System.Text.RegularExpressions;
using FsCheck.Fluent;

namespace OrleansWallet.Ledger.Tests;

public sealed partial class AccountIdTests
{
    [Theory]
    [InlineData("a")]
    [InlineData("Alice")]
    [InlineData("0")]
    [InlineData("-")]
    [InlineData(".")]
    [InlineData("user:42.eu-west_1")]
    [InlineData("settlement:USD")]
    public void Letters_digits_and_four_marks_make_an_id(string text)
    {
        Assert.True(AccountId.TryParse(text, out var id));
        Assert.Equal(text, id.Value);
        Assert.Equal(text, id.ToString());
        Assert.Equal(id, AccountId.Parse(text));
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData(" ")]
    [InlineData(" alice")]
    [InlineData("alice ")]
    [InlineData("alice\n")]
    [InlineData("al ice")]
    [InlineData("alice/bob")]
    [InlineData("alice@example")]
    [InlineData("alice\0")]
    [InlineData("\u00e4lice")]
    [InlineData("\uff41lice")]
    public void Any_other_text_is_refused(string? text)
    {
        Assert.False(AccountId.TryParse(text, out var id));
        Assert.Equal(default, id);
        if (text is not null) Assert.Throws<FormatException>(() => AccountId.Parse(text));
    }

    [Fact]
    public void Of_all_characters_exactly_sixty_six_are_allowed()
    {
        var allowed = Enumerable.Range(0, 0x10000).Select(c => (char)c)
            .Where(c => AccountId.TryParse(c.ToString(), out _)).ToArray();

        Assert.Equal("-.0123456789:ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz", new string(allowed));
    }

    [Fact]
    public void An_id_has_one_to_sixty_four_characters()
    {
        for (var length = 0; length <= 130; length++)
            Assert.Equal(length is >= 1 and <= 64, AccountId.TryParse(new string('a', length), out _));
    }

    [Fact]
    public void The_parser_agrees_with_a_pattern_on_random_text()
    {
        var character = Gen.Elements("abYZ09._:-/ @\u00e9\u0660\n".ToCharArray());
        var texts = Gen.ArrayOf(Gen.Frequency((20, Gen.Elements("abYZ09._:-".ToCharArray())), (1, character)))
            .Select(characters => new string(characters));

        Properties.Hold(Arb.From(texts), text =>
            Assert.Equal(IdForm().IsMatch(text), AccountId.TryParse(text, out _)), tests: 2000);
    }

    [Fact]
    public void Ids_that_differ_in_case_are_different_accounts() =>
        Assert.NotEqual(AccountId.Parse("alice"), AccountId.Parse("Alice"));

    [Fact]
    public void Every_currency_has_a_settlement_account_of_its_own()
    {
        Assert.Equal("settlement:USD", AccountId.Settlement(Currency.Parse("USD")).Value);
        Assert.All(Currency.All, currency => Assert.True(AccountId.Settlement(currency).IsSettlement));
        Assert.All(Currency.All, currency => Assert.True(AccountId.TryParse("settlement:" + currency.Code, out _)));
    }

    [Theory]
    [InlineData("settlement:", true)]
    [InlineData("settlement:anything", true)]
    [InlineData("settlement", false)]
    [InlineData("Settlement:USD", false)]
    [InlineData("my.settlement:USD", false)]
    public void The_settlement_prefix_is_told_by_its_exact_letters(string text, bool isSettlement) =>
        Assert.Equal(isSettlement, AccountId.Parse(text).IsSettlement);

    [Fact]
    public void The_default_names_no_account_and_prints_as_nothing()
    {
        Assert.Equal("", default(AccountId).Value);
        Assert.False(default(AccountId).IsSettlement);
    }

    [GeneratedRegex(@"\A[A-Za-z0-9._:-]{1,64}\z", RegexOptions.CultureInvariant)]
    private static partial Regex IdForm();
}
