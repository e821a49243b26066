using FsCheck;
using FsCheck.Fluent;

namespace OrleansWallet.Api.Tests;

public sealed class Rfc3339Tests
{
    [Fact]
    public void What_is_written_is_read_again() => Prop.ForAll(Gen.Choose(0, int.MaxValue).ToArbitrary(), micros =>
    {
        var time = DateTimeOffset.UnixEpoch.AddDays(micros % 40_000).AddMicroseconds(micros);
        var text = Rfc3339.Format(time);
        return text.Length == Rfc3339.TextLength && Rfc3339.TryParse(text, out var again) && again == time;
    }).QuickCheckThrowOnFailure();

    [Fact]
    public void No_noise_is_a_time() =>
        Prop.ForAll<string>(text => !Rfc3339.TryParse(text, out _)).QuickCheckThrowOnFailure();

    [Theory]
    [InlineData("2026-01-31T12:00:00Z", "2026-01-31T12:00:00.000000Z")]
    [InlineData("2026-01-31T12:00:00.1Z", "2026-01-31T12:00:00.100000Z")]
    [InlineData("2026-01-31T12:00:00.123456789Z", "2026-01-31T12:00:00.123456Z")]
    [InlineData("2026-01-31T12:00:00+02:30", "2026-01-31T09:30:00.000000Z")]
    [InlineData("2026-01-31T23:00:00-02:00", "2026-02-01T01:00:00.000000Z")]
    public void Times_are_read_in_any_offset_and_precision(string text, string utc)
    {
        Assert.True(Rfc3339.TryParse(text, out var time));
        Assert.Equal(utc, Rfc3339.Format(time));
    }

    [Theory]
    [InlineData("")]
    [InlineData("2026-01-31")]
    [InlineData("2026-01-31T12:00:00")]
    [InlineData("2026-01-31 12:00:00Z")]
    [InlineData("2026-01-31T12:00:60Z")]
    [InlineData("2026-13-31T12:00:00Z")]
    [InlineData("2026-01-31T12:00:00.Z")]
    [InlineData("2026-01-31T12:00:00.1234567890Z")]
    [InlineData("2026-01-31T12:00:00+2:00")]
    [InlineData("2026-01-31T12:00:00+24:00")]
    [InlineData("2026-01-31T12:00:00+02:60")]
    [InlineData("2026-01-31T12:00:00Z ")]
    [InlineData("0001-01-01T00:00:00+01:00")]
    [InlineData("9999-12-31T23:59:59-01:00")]
    public void Other_texts_are_no_times(string text) => Assert.False(Rfc3339.TryParse(text, out _));
}
