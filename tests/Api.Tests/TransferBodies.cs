using System.Numerics;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using System.Text.Unicode;
using FsCheck;
using FsCheck.Fluent;
using OrleansWallet.Ledger;

namespace OrleansWallet.Api.Tests;

/// <summary>Bodies of transfers, good and bad, and a second opinion on them without the reader's code.</summary>
internal static partial class TransferBodies
{
    private static readonly string[] Names = ["from_account", "to_account", "amount", "currency", "transaction_id"];

    /// <summary>A body of five members, most of them good, in any order and case, at times with others.</summary>
    public static Arbitrary<string> Any => Arb.From(
        from members in Gen.CollectToArray(Names, name => Member(name))
        from order in Gen.Shuffle(members)
        from extra in Gen.Frequency((12, Gen.Constant(Array.Empty<string>())), (1, Gen.ArrayOf(Extra, 1)))
        from missing in Gen.Frequency((12, Gen.Constant(0)), (1, Gen.Choose(1, 2)))
        from space in Gen.Elements("", "", " ", "\n", "\t")
        select $"{{{string.Join($",{space}", order.Skip(missing).Concat(extra))}{space}}}{space}");

    /// <summary>A body with some of its bytes changed, lost or doubled.</summary>
    public static Arbitrary<byte[]> Mutated => Arb.From(
        from body in Any.Generator
        from edits in Gen.Choose(1, 4).SelectMany(count => Gen.ArrayOf(Edit, count))
        select edits.Aggregate(Encoding.UTF8.GetBytes(body), (bytes, edit) => Apply(bytes, edit)));

    /// <summary>What the contract says of a body: the transfer, or null.</summary>
    public static Transfer? Decide(byte[] body)
    {
        if (!Utf8.IsValid(body)) return null;
        try
        {
            using var document = JsonDocument.Parse(body, new JsonDocumentOptions { MaxDepth = StrictObject.DepthMax });
            return document.RootElement.ValueKind == JsonValueKind.Object ? Decide(document.RootElement) : null;
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            return null;
        }
    }

    private static Transfer? Decide(JsonElement root)
    {
        var members = root.EnumerateObject().ToArray();
        if (!members.Select(member => member.Name.ToLowerInvariant()).Order().SequenceEqual(Names.Order())) return null;
        if (members.Any(member => member.Name.Any(letter => !char.IsAscii(letter)))) return null;
        if (members.Any(member => member.Value.ValueKind != JsonValueKind.String)) return null;
        var texts = members.ToDictionary(
            member => member.Name.ToLowerInvariant(), member => $"{member.Value.GetString()}");
        if (!AccountForm().IsMatch(texts["from_account"]) || !AccountForm().IsMatch(texts["to_account"])) return null;
        if (texts["from_account"] is "." or ".." || texts["to_account"] is "." or "..") return null;
        if (!IdForm().IsMatch(texts["transaction_id"])) return null;
        if (Guid.Parse(texts["transaction_id"]) == Guid.Empty) return null;
        if (Currency.All.All(one => one.Code != texts["currency"])) return null;
        var currency = Currency.Parse(texts["currency"]);
        return MinorUnits(texts["amount"], currency.FractionDigits) is { } units
            ? new Transfer(
                new TransactionId(Guid.Parse(texts["transaction_id"])), AccountId.Parse(texts["from_account"]),
                AccountId.Parse(texts["to_account"]), new Money(units, currency))
            : null;
    }

    private static long? MinorUnits(string amount, int digits)
    {
        if (!AmountForm().IsMatch(amount)) return null;
        var parts = amount.Split('.');
        var fraction = parts.Length > 1 ? parts[1] : "";
        if (fraction.Length > digits) return null;
        var units = BigInteger.Parse(parts[0] + fraction.PadRight(digits, '0'));
        return units > 0 && units <= 9_000_000_000_000_000_000 ? (long)units : null;
    }

    private static Gen<string> Member(string name) =>
        from text in Gen.Frequency((30, GoodValue(name)), (1, BadValue(name)))
        from spelled in Gen.Frequency(
            (8, Gen.Constant(name)), (1, Gen.Constant(name.ToUpperInvariant())),
            (1, Gen.Constant(name.Replace("a", "\\u0061"))), (1, Gen.Constant(name.Replace("o", "\\u004F"))))
        select $"\"{spelled}\":{text}";

    private static Gen<string> GoodValue(string name) => name switch
    {
        "amount" => Gen.Elements("\"1\"", "\"1.0\"", "\"10.05\"", "\"0.01\"", "\"9000000000000000000\"", "\"\\u0031\""),
        "currency" => Gen.Elements("\"USD\"", "\"JPY\"", "\"KWD\"", "\"CLF\"", "\"\\u0055SD\""),
        "transaction_id" => Gen.Elements(
            "\"01589980-2664-11ec-9621-0242ac130002\"", "\"A1589980-2664-11EC-9621-0242AC130002\""),
        _ => Gen.Elements("\"alice\"", "\"settlement:USD\"", "\"b\"", "\"...\"", "\".a\"", $"\"{new string('x', 64)}\"",
            "\"\\u0061\""),
    };

    private static Gen<string> BadValue(string name) => Gen.OneOf(
        Gen.Elements(
            "1", "null", "true", "{}", "[[]]", "\"\"", "\" \"", "\"\\ud800\"", "\"é\"", "\"\\n\"", "01", "'a'"),
        name switch
        {
            "amount" => Gen.Elements(
                "\"01\"", "\"1.\"", "\".1\"", "\"-1\"", "\"1e3\"", "\"0.00\"", "\"9000000000000000001\"",
                "\"1.00001\""),
            "currency" => Gen.Elements("\"usd\"", "\"XXX\"", "\"USDX\""),
            "transaction_id" => Gen.Elements(
                "\"00000000-0000-0000-0000-000000000000\"", "\"0x589980-2664-11ec-9621-0242ac130002\"",
                "\"01589980266411ec96210242ac130002\""),
            _ => Gen.Elements("\"a b\"", $"\"{new string('x', 65)}\"", "\"a/b\"", "\".\"", "\"\\u002e.\""),
        });

    private static Gen<string> Extra =>
        from name in Gen.Elements(
            "amount", "AMOUNT", "from_account", "other", "Transaction_Id", "\\u0061mount", "\\ud800", "")
        from value in Gen.Elements("\"1\"", "1", "{\"a\":[1,2]}", "[[[[[[[[[]]]]]]]]]")
        select $"\"{name}\":{value}";

    private static Gen<(int Kind, int Place, byte Value)> Edit =>
        from kind in Gen.Choose(0, 3)
        from place in Gen.Choose(0, 400)
        from value in Gen.OneOf(Gen.Choose(0, 255), Gen.Elements("\"{}[]:,\\0u/ \n".Select(letter => (int)letter)))
        select (kind, place, (byte)value);

    private static byte[] Apply(byte[] body, (int Kind, int Place, byte Value) edit)
    {
        if (body.Length == 0) return [edit.Value];
        var place = edit.Place % body.Length;
        return edit.Kind switch
        {
            0 => [.. body[..place], edit.Value, .. body[(place + 1)..]],
            1 => [.. body[..place], edit.Value, .. body[place..]],
            2 => [.. body[..place], .. body[(place + 1)..]],
            _ => body[..place],
        };
    }

    [GeneratedRegex(@"^[A-Za-z0-9._:-]{1,64}\z")]
    private static partial Regex AccountForm();

    [GeneratedRegex(@"^(0|[1-9][0-9]*)(\.[0-9]+)?\z")]
    private static partial Regex AmountForm();

    [GeneratedRegex(@"^[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}\z")]
    private static partial Regex IdForm();
}
