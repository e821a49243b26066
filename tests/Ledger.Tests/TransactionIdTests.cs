using System.Text.RegularExpressions;
using FsCheck.Fluent;

namespace OrleansWallet.Ledger.Tests;

public sealed partial class TransactionIdTests
{
    private const string Example = "01589980-2664-11ec-9621-0242ac130002";

    [Theory]
    [InlineData(Example, Example)]
    [InlineData("01589980-2664-11EC-9621-0242AC130002", Example)]
    [InlineData("01589980-2664-11eC-9621-0242aC130002", Example)]
    [InlineData("ffffffff-ffff-ffff-ffff-ffffffffffff", "ffffffff-ffff-ffff-ffff-ffffffffffff")]
    [InlineData("00000000-0000-0000-0000-000000000001", "00000000-0000-0000-0000-000000000001")]
    [InlineData("018f3f5e-7a3c-7cc1-98c5-0e02b2c3d479", "018f3f5e-7a3c-7cc1-98c5-0e02b2c3d479")]
    public void The_hyphenated_form_of_any_version_is_read_in_either_case_and_written_in_lower(
        string text, string written)
    {
        Assert.True(TransactionId.TryParse(text, out var id));
        Assert.Equal(written, id.ToString());
        Assert.Equal(id, TransactionId.Parse(written));
    }

    [Theory]
    [InlineData("")]
    [InlineData("00000000-0000-0000-0000-000000000000")]
    [InlineData("01589980266411ec96210242ac130002")]
    [InlineData("{01589980-2664-11ec-9621-0242ac130002}")]
    [InlineData("(01589980-2664-11ec-9621-0242ac130002)")]
    [InlineData("{0x01589980,0x2664,0x11ec,{0x96,0x21,0x02,0x42,0xac,0x13,0x00,0x02}}")]
    [InlineData("urn:uuid:01589980-2664-11ec-9621-0242ac130002")]
    [InlineData(" 01589980-2664-11ec-9621-0242ac130002")]
    [InlineData("01589980-2664-11ec-9621-0242ac130002 ")]
    [InlineData("01589980-2664-11ec-9621-0242ac130002\n")]
    [InlineData(" 1589980-2664-11ec-9621-0242ac130002")]
    [InlineData("01589980-2664-11ec-9621-0242ac13000")]
    [InlineData("01589980-2664-11ec-9621-0242ac1300022")]
    [InlineData("01589980-2664-11ec-9621-0242ac13000g")]
    [InlineData("01589980-2664-11ec-96210-242ac130002")]
    [InlineData("01589980_2664_11ec_9621_0242ac130002")]
    [InlineData("0x589980-2664-11ec-9621-0242ac130002")]
    [InlineData("0X589980-2664-11ec-9621-0242ac130002")]
    [InlineData("+1589980-2664-11ec-9621-0242ac130002")]
    [InlineData("01589980-0x64-11ec-9621-0242ac130002")]
    [InlineData("01589980-2664-+1ec-9621-0242ac130002")]
    [InlineData("01589980-2664-11ec-9621-0x42ac130002")]
    [InlineData("\uff101589980-2664-11ec-9621-0242ac130002")]
    public void Every_other_form_and_the_nil_id_are_refused(string text)
    {
        Assert.False(TransactionId.TryParse(text, out var id));
        Assert.Equal(default, id);
        Assert.Throws<FormatException>(() => TransactionId.Parse(text));
    }

    [Fact]
    public void The_parser_agrees_with_a_pattern_on_mutated_text()
    {
        var texts =
            from changes in Gen.ListOf(Gen.Zip(
                Gen.Choose(0, 35), Gen.Elements("0123456789abcdefABCDEF0000-xX+ {}g".ToCharArray())))
            select changes.Take(4).Aggregate(Example, Change);

        Properties.Hold(Arb.From(texts), text =>
            Assert.Equal(IdForm().IsMatch(text), TransactionId.TryParse(text, out _)), tests: 2000);
    }

    private static string Change(string text, (int At, char With) change) =>
        text[..change.At] + change.With + text[(change.At + 1)..];

    [GeneratedRegex(
        @"\A[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}\z",
        RegexOptions.CultureInvariant)]
    private static partial Regex IdForm();
}
