using System.Buffers.Text;
using System.Text.Json;

namespace OrleansWallet.Cli.Load;

/// <summary>What became of one transfer of a batch.</summary>
internal enum BatchStatus
{
    /// <summary>Money moved, now or at an earlier request.</summary>
    Success,
    /// <summary>Refused for ever.</summary>
    Rejected,
    /// <summary>Not understood.</summary>
    Invalid,
}

/// <summary>One element of the answer to a batch.</summary>
internal readonly record struct BatchElement(Guid Id, BatchStatus Status, string? Code, bool Replayed);

/// <summary>
/// Reads the answer to a batch, an array or lines, element by element. What the server usually writes is compared as
/// bytes; anything else goes through the JSON reader and means the same.
/// </summary>
internal ref struct BatchAnswer(ReadOnlySpan<byte> body)
{
    private const int IdLength = 36;
    private ReadOnlySpan<byte> rest = body;

    /// <summary>Reads the next element. False at the end.</summary>
    /// <exception cref="FormatException">The answer is not what a wallet answers.</exception>
    public bool TryRead(out BatchElement element)
    {
        rest = rest.TrimStart("[,]\r\n\t "u8);
        element = default;
        if (rest.IsEmpty) return false;
        if (!TryReadUsual(out element)) element = ReadAny();
        return true;
    }

    private bool TryReadUsual(out BatchElement element)
    {
        element = default;
        var begin = "{\"transaction_id\":\""u8;
        if (rest.Length < begin.Length + IdLength || !rest.StartsWith(begin)) return false;
        if (!Utf8Parser.TryParse(rest.Slice(begin.Length, IdLength), out Guid id, out var read) || read != IdLength)
            return false;
        var end = rest[(begin.Length + IdLength)..];
        var first = "\",\"status\":\"success\",\"code\":null,\"replayed\":false}"u8;
        var again = "\",\"status\":\"success\",\"code\":null,\"replayed\":true}"u8;
        var replayed = end.StartsWith(again);
        if (!replayed && !end.StartsWith(first)) return false;
        element = new BatchElement(id, BatchStatus.Success, null, replayed);
        rest = end[(replayed ? again : first).Length..];
        return true;
    }

    private BatchElement ReadAny()
    {
        try
        {
            var reader = new Utf8JsonReader(rest);
            using var document = JsonDocument.ParseValue(ref reader);
            rest = rest[(int)reader.BytesConsumed..];
            var json = document.RootElement;
            var status = json.GetProperty("status").GetString() switch
            {
                "success" => BatchStatus.Success,
                "rejected" => BatchStatus.Rejected,
                "invalid" => BatchStatus.Invalid,
                var other => throw new FormatException($"The server answered the unknown status '{other}'."),
            };
            var code = json.TryGetProperty("code", out var text) ? text.GetString() : null;
            var id = json.GetProperty("transaction_id");
            return new BatchElement(
                id.ValueKind == JsonValueKind.String && id.TryGetGuid(out var known) ? known : Guid.Empty, status, code,
                json.GetProperty("replayed").GetBoolean());
        }
        catch (Exception e) when (e is JsonException or KeyNotFoundException or InvalidOperationException)
        {
            throw new FormatException($"The server's answer to a batch can't be read: {e.Message}", e);
        }
    }
}
