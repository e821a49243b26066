using System.Text.Json;
using System.Text.Unicode;
using OrleansWallet.Ledger;

namespace OrleansWallet.Api;

/// <summary>Reads many transfers at once, as a JSON array or one a line, straight from the body.</summary>
internal static class BatchReader
{
    private static readonly string CountFault = $"Send 1 to {IWallet.TransfersMax} transfers at once.";

    /// <summary>Reads a JSON array. False, with faults, where it is none: then nothing of it is taken.</summary>
    public static bool TryReadArray(ReadOnlySpan<byte> body, TransferBatch batch, ref Faults faults)
    {
        if (!Utf8.IsValid(body))
        {
            faults.Add(Faults.Whole, "Send UTF-8; the body has bytes that are none.");
            return false;
        }
        try
        {
            var json = new Utf8JsonReader(body, StrictObject.Options);
            json.Read();
            if (json.TokenType != JsonTokenType.StartArray)
            {
                faults.Add(Faults.Whole, "Send a JSON array of transfers.");
                return false;
            }
            while (json.Read() && json.TokenType != JsonTokenType.EndArray)
            {
                if (batch.Count == IWallet.TransfersMax)
                {
                    faults.Add(Faults.Whole, CountFault);
                    return false;
                }
                if (TransferReader.TryRead(ref json, body, out var transfer, out var echo)) batch.Add(transfer);
                else batch.AddInvalid(echo);
            }
            json.Read();
        }
        catch (JsonException e)
        {
            faults.Add(Faults.Whole, StrictObject.Malformed(e));
            return false;
        }
        if (batch.Count == 0) faults.Add(Faults.Whole, CountFault);
        return batch.Count > 0;
    }

    /// <summary>
    /// Reads lines, each by itself: one that can't be read is an invalid element. False, with a fault, where there is
    /// none or too many of them.
    /// </summary>
    public static bool TryReadLines(ReadOnlySpan<byte> body, TransferBatch batch, ref Faults faults)
    {
        while (!body.IsEmpty && batch.Count < IWallet.TransfersMax)
        {
            var end = body.IndexOf((byte)'\n');
            ReadLine(end < 0 ? body : body[..end], batch);
            body = end < 0 ? [] : body[(end + 1)..];
        }
        if (body.IsEmpty && batch.Count > 0) return true;
        faults.Add(Faults.Whole, CountFault);
        return false;
    }

    private static void ReadLine(ReadOnlySpan<byte> line, TransferBatch batch)
    {
        string? echo = null;
        // A blank line is a line: to skip it would shift the answers against what was sent.
        if (Utf8.IsValid(line) && line.ContainsAnyExcept(" \t\r"u8))
        {
            try
            {
                var json = new Utf8JsonReader(line, StrictObject.Options);
                json.Read();
                var isRead = TransferReader.TryRead(ref json, line, out var transfer, out echo);
                json.Read();
                if (isRead)
                {
                    batch.Add(transfer);
                    return;
                }
            }
            catch (JsonException)
            {
                // The line is an invalid element, like any other; the answer has no room for words.
            }
        }
        batch.AddInvalid(echo);
    }
}
