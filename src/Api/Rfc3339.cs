using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace OrleansWallet.Api;

/// <summary>Times as RFC 3339 writes them: out in UTC with six fraction digits, in with any offset.</summary>
internal static class Rfc3339
{
    /// <summary>The length of what is written: 2026-01-31T12:00:00.000001Z.</summary>
    public const int TextLength = 27;

    private const int DateAndTimeLength = 19;
    private const int FractionDigitsMax = 9;

    public static string Format(DateTimeOffset time) =>
        time.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.ffffff'Z'", CultureInfo.InvariantCulture);

    /// <summary>Reads a time: date, T, time, at most nine fraction digits (the last two are cut), offset.</summary>
    public static bool TryParse(ReadOnlySpan<char> text, out DateTimeOffset time)
    {
        time = default;
        if (text.Length <= DateAndTimeLength
            || !DateTime.TryParseExact(text[..DateAndTimeLength], "yyyy-MM-dd'T'HH:mm:ss", CultureInfo.InvariantCulture,
                DateTimeStyles.None, out var local))
            return false;
        var rest = text[DateAndTimeLength..];
        if (!TryFraction(ref rest, out var fractionTicks) || !TryOffset(rest, out var offset)) return false;
        var ticks = local.Ticks + fractionTicks - offset.Ticks;
        if (ticks < DateTime.MinValue.Ticks || ticks > DateTime.MaxValue.Ticks) return false;
        time = new DateTimeOffset(ticks, TimeSpan.Zero);
        return true;
    }

    private static bool TryFraction(ref ReadOnlySpan<char> rest, out long ticks)
    {
        ticks = 0;
        if (rest[0] != '.') return true;
        var length = rest[1..].IndexOfAnyExceptInRange('0', '9');
        if (length is < 1 or > FractionDigitsMax) return false;
        var scale = TimeSpan.TicksPerSecond;
        foreach (var digit in rest.Slice(1, length)) ticks += (digit - '0') * (scale /= 10);
        rest = rest[(length + 1)..];
        return true;
    }

    private static bool TryOffset(ReadOnlySpan<char> text, out TimeSpan offset)
    {
        offset = default;
        if (text is "Z") return true;
        if (text.Length != 6 || text[0] is not ('+' or '-') || text[3] != ':'
            || text[1..3].ContainsAnyExceptInRange('0', '9') || text[4..].ContainsAnyExceptInRange('0', '9'))
            return false;
        var hours = (text[1] - '0') * 10 + text[2] - '0';
        var minutes = (text[4] - '0') * 10 + text[5] - '0';
        if (hours > 23 || minutes > 59) return false;
        offset = new TimeSpan(hours, minutes, 0) * (text[0] == '-' ? -1 : 1);
        return true;
    }
}

/// <summary>Writes times with exactly six fraction digits.</summary>
internal sealed class Rfc3339Converter : JsonConverter<DateTimeOffset>
{
    public override DateTimeOffset Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        Rfc3339.TryParse(reader.GetString(), out var time) ? time : throw new JsonException();

    public override void Write(Utf8JsonWriter writer, DateTimeOffset value, JsonSerializerOptions options) =>
        writer.WriteStringValue(Rfc3339.Format(value));
}
