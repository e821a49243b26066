using System.Collections.Frozen;
using System.IO.Pipelines;
using System.Text;
using System.Text.Json;
using OrleansWallet.Ledger;

namespace OrleansWallet.Api;

/// <summary>Writes what became of a batch, in the order its elements came, as an array or as lines.</summary>
internal static class BatchWriter
{
    private const int FlushBytes = 64 << 10;
    private const int ElementBytesMax = 256;

    // All that can follow the id of a transfer that was decided, so that an answer is two copies and an id.
    private static readonly FrozenDictionary<Rejection, (byte[] First, byte[] Replayed)> Ends =
        Enum.GetValues<Rejection>()
            .Where(rejection => rejection == Rejection.None || rejection.IsFinal()
                || rejection == Rejection.TransactionIdReused)
            .ToFrozenDictionary(rejection => rejection, rejection => (EndOf(rejection, false), EndOf(rejection, true)));

    private static readonly (byte[] First, byte[] Replayed) Success = Ends[Rejection.None];

    /// <summary>Writes all of it and gives it to the connection bit by bit.</summary>
    public static async Task WriteAsync(PipeWriter output, TransferBatch batch, bool asLines)
    {
        if (!asLines) Put(output, "["u8);
        var valid = 0;
        var invalid = 0;
        for (var place = 0; place < batch.Count;)
        {
            place = WriteSome(output, batch, asLines, place, ref valid, ref invalid);
            await output.FlushAsync();
        }
        if (!asLines) Put(output, "]"u8);
        await output.FlushAsync();
    }

    private static int WriteSome(
        PipeWriter output, TransferBatch batch, bool asLines, int place, ref int valid, ref int invalid)
    {
        var transfers = batch.Transfers.Span;
        var outcomes = batch.Outcomes.Span;
        var written = 0;
        while (place < batch.Count && written < FlushBytes)
        {
            var separator = asLines || place < batch.Count - 1;
            var isInvalid = invalid < batch.Invalid.Count && batch.Invalid[invalid].Place == place;
            place++;
            if (isInvalid)
            {
                written += PutInvalid(output, batch.Invalid[invalid++].Id);
            }
            else
            {
                written += PutDecided(output, transfers[valid].Id, outcomes[valid]);
                valid++;
            }
            if (separator) Put(output, asLines ? "\n"u8 : ","u8);
        }
        return place;
    }

    private static int PutDecided(PipeWriter output, TransactionId id, TransferOutcome outcome)
    {
        var ends = outcome.Rejection == Rejection.None ? Success : Ends[outcome.Rejection];
        var end = outcome.Replayed ? ends.Replayed : ends.First;
        var begin = "{\"transaction_id\":\""u8;
        var span = output.GetSpan(ElementBytesMax);
        begin.CopyTo(span);
        id.Value.TryFormat(span[begin.Length..], out _, "D");
        var length = begin.Length + TransactionId.TextLength;
        end.CopyTo(span[length..]);
        length += end.Length;
        output.Advance(length);
        return length;
    }

    private static int PutInvalid(PipeWriter output, string? id)
    {
        var text = id is null ? "null" : $"\"{JsonEncodedText.Encode(id)}\"";
        return Put(output, Encoding.UTF8.GetBytes(
            $$"""{"transaction_id":{{text}},"status":"invalid","code":"invalid_request","replayed":false}"""));
    }

    private static byte[] EndOf(Rejection rejection, bool replayed)
    {
        var (status, code) = rejection == Rejection.None
            ? ("success", "null")
            : ("rejected", $"\"{Problems.CodeOf(rejection)}\"");
        return Encoding.UTF8.GetBytes(
            $"\",\"status\":\"{status}\",\"code\":{code},\"replayed\":{(replayed ? "true" : "false")}}}");
    }

    private static int Put(PipeWriter output, ReadOnlySpan<byte> bytes)
    {
        bytes.CopyTo(output.GetSpan(bytes.Length));
        output.Advance(bytes.Length);
        return bytes.Length;
    }
}
