using System.Text;
using System.Text.Json;

namespace OrleansWallet.Api;

/// <summary>The members one kind of object has; all of them are strings.</summary>
internal interface IMembers
{
    /// <summary>The members' names.</summary>
    static abstract ReadOnlySpan<string> Names { get; }

    /// <summary>The place of a name in <see cref="Names"/>, whatever its case; -1 for any other.</summary>
    static abstract int IndexOf(ReadOnlySpan<byte> name);
}

/// <summary>What was found for a member.</summary>
internal enum MemberKind : byte
{
    Missing,
    Text,
    EscapedText,
    NotText,
}

/// <summary>Where a member's text lies in the body, without its quotes.</summary>
internal readonly record struct MemberValue(MemberKind Kind, int Start, int Length);

/// <summary>
/// Reads JSON objects as the contract asks for: forgiving about the case of names, strict about all else. It builds
/// nothing: a value is a place in the body.
/// </summary>
internal static class StrictObject
{
    /// <summary>How deep a body may be nested; what is meant needs two levels.</summary>
    public const int DepthMax = 8;

    public static readonly JsonReaderOptions Options = new()
    {
        AllowTrailingCommas = false,
        CommentHandling = JsonCommentHandling.Disallow,
        MaxDepth = DepthMax,
    };

    private const int NameBytesMax = 1024;

    /// <summary>Reads a body that is one object and no more. False if it isn't; the faults then say why.</summary>
    public static bool TryReadWhole<TMembers>(
        ReadOnlySpan<byte> body, scoped Span<MemberValue> values, ref Faults faults)
        where TMembers : IMembers
    {
        if (!System.Text.Unicode.Utf8.IsValid(body))
        {
            faults.Add(Faults.Whole, "Send UTF-8; the body has bytes that are none.");
            return false;
        }
        try
        {
            var json = new Utf8JsonReader(body, Options);
            json.Read();
            if (json.TokenType != JsonTokenType.StartObject)
            {
                faults.Add(Faults.Whole, "Send one JSON object.");
                return false;
            }
            Read<TMembers>(ref json, values, ref faults);
            json.Read();
            return true;
        }
        catch (JsonException e)
        {
            faults.Add(Faults.Whole, Malformed(e));
            return false;
        }
    }

    /// <summary>Reads the object that <paramref name="json"/> stands at the beginning of, up to its end.</summary>
    /// <exception cref="JsonException">It is no JSON.</exception>
    public static void Read<TMembers>(ref Utf8JsonReader json, scoped Span<MemberValue> values, ref Faults faults)
        where TMembers : IMembers
    {
        values.Clear();
        while (json.Read() && json.TokenType == JsonTokenType.PropertyName)
        {
            var index = json.ValueIsEscaped ? IndexOfEscaped<TMembers>(ref json) : TMembers.IndexOf(json.ValueSpan);
            if (index < 0)
            {
                faults.Add(faults.IsWorded ? NameOf(ref json) : "", "There is no such member; leave it out.");
                json.Read();
                json.Skip();
                continue;
            }
            json.Read();
            if (values[index].Kind != MemberKind.Missing)
            {
                faults.Add(TMembers.Names[index], "Send this member once; upper and lower case are the same.");
                json.Skip();
            }
            else if (json.TokenType == JsonTokenType.String)
            {
                var kind = json.ValueIsEscaped ? MemberKind.EscapedText : MemberKind.Text;
                values[index] = new MemberValue(kind, (int)json.TokenStartIndex + 1, json.ValueSpan.Length);
            }
            else
            {
                values[index] = new MemberValue(MemberKind.NotText, 0, 0);
                faults.Add(TMembers.Names[index], "Send a string, in quotes.");
                json.Skip();
            }
        }
    }

    /// <summary>The text of a member. False, and a fault, where there is none.</summary>
    public static bool TryText(
        ReadOnlySpan<byte> body, MemberValue value, string name, ref Faults faults, out ReadOnlySpan<byte> text)
    {
        text = default;
        switch (value.Kind)
        {
            case MemberKind.Text:
                text = body.Slice(value.Start, value.Length);
                return true;
            case MemberKind.EscapedText when TryUnescape(body.Slice(value.Start - 1, value.Length + 2), out var plain):
                text = plain;
                return true;
            case MemberKind.EscapedText:
                faults.Add(name, "Send whole characters; half of a surrogate pair is none.");
                return false;
            case MemberKind.Missing:
                faults.Add(name, "Send this member; it is missing.");
                return false;
            default:
                return false;
        }
    }

    public static string Malformed(JsonException e) =>
        $"Send well-formed JSON, at most {DepthMax} levels deep, and nothing after it; what is wrong stands at line " +
        $"{e.LineNumber + 1}, byte {e.BytePositionInLine + 1}.";

    private static bool TryUnescape(ReadOnlySpan<byte> quoted, out byte[] plain)
    {
        var json = new Utf8JsonReader(quoted);
        json.Read();
        return TryUnescape(ref json, out plain);
    }

    private static bool TryUnescape(ref Utf8JsonReader json, out byte[] plain)
    {
        plain = new byte[json.ValueSpan.Length];
        try
        {
            plain = plain[..json.CopyString(plain)];
            return true;
        }
        catch (InvalidOperationException)
        {
            // The reader's way to say that an escape is half of a surrogate pair.
            return false;
        }
    }

    private static int IndexOfEscaped<TMembers>(ref Utf8JsonReader json) where TMembers : IMembers =>
        json.ValueSpan.Length <= NameBytesMax && TryUnescape(ref json, out var name) ? TMembers.IndexOf(name) : -1;

    private static string NameOf(ref Utf8JsonReader json)
    {
        var name = json.ValueSpan;
        if (json.ValueIsEscaped && name.Length <= NameBytesMax && TryUnescape(ref json, out var plain)) name = plain;
        return Encoding.UTF8.GetString(name[..Math.Min(name.Length, NameBytesMax)]);
    }
}
