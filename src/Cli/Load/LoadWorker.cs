using System.Diagnostics;
using System.Text.Json;

namespace OrleansWallet.Cli.Load;

/// <summary>
/// One connection's work: takes the next transfers, sends them in one request, and books what became of each. It
/// goes on until the transfers or the time are over.
/// </summary>
internal sealed class LoadWorker(
    LoadSettings settings, LoadPlan plan, LoadBooks books, LoadClock clock, HttpRequestText text, HttpCaller caller,
    LoadTally tally)
{
    private const string SinglePath = "/v1/wallet/balance_transfer";
    private const string BatchPath = "/v1/wallet/balance_transfers";
    private const string Json = "application/json";
    private const string Lines = "application/x-ndjson";

    private readonly TransferBody body = new(plan, settings.Currency);
    private readonly PlannedTransfer[] transfers = new PlannedTransfer[settings.Batch];
    private readonly List<PlannedTransfer> unsure = [];
    private byte[] request = [];
    private int bodyAt;
    private int rendered;

    private bool IsSingle => settings.Batch == 1;

    /// <summary>Works until nothing is left to do.</summary>
    public async Task RunAsync()
    {
        while (clock.TryTake(settings.Batch, out var first, out var count))
        {
            Render(first, count);
            var begun = Stopwatch.GetTimestamp();
            HttpAnswer answer;
            try
            {
                answer = await caller.CallAsync(request);
            }
            catch (LoadException e)
            {
                tally.Failure($"the outcome of {count} transfers is unknown: {e.Message}", count);
                throw;
            }
            tally.Latency.Add(Stopwatch.GetTimestamp() - begun);
            if (IsSingle) BookSingle(answer);
            else BookBatch(answer, count);
            if (unsure.Count > 0) await AskUnsureAsync();
        }
    }

    private void Render(long first, int count)
    {
        if (count != rendered) RenderFrame(count);
        var at = bodyAt + (IsSingle || settings.AsLines ? 0 : 1);
        for (var i = 0; i < count; i++, at += body.Length + 1)
        {
            transfers[i] = plan.Transfer(first + i);
            body.Write(request.AsSpan(at), transfers[i]);
        }
    }

    // The head and what stands between the transfers; it stays as long as the number of transfers does.
    private void RenderFrame(int count)
    {
        var length = IsSingle ? body.Length : (body.Length + 1) * count + (settings.AsLines ? 0 : 1);
        var head = text.Post(
            IsSingle ? SinglePath : BatchPath, settings.AsLines && !IsSingle ? Lines : Json, length);
        request = new byte[head.Length + length];
        head.CopyTo(request, 0);
        bodyAt = head.Length;
        rendered = count;
        if (IsSingle) return;
        var frame = request.AsSpan(bodyAt);
        frame.Fill((byte)(settings.AsLines ? '\n' : ','));
        if (settings.AsLines) return;
        frame[0] = (byte)'[';
        frame[^1] = (byte)']';
    }

    private void BookSingle(in HttpAnswer answer)
    {
        if (answer.Status == 200 && !IsAnswerTo(answer))
            tally.Failure($"the answer is to another transfer than was sent: {Describe(answer)}", 1);
        else if (answer.Status == 200) Succeeded(transfers[0], answer.Replayed);
        else if (answer.Status == 422) tally.Refused(CodeOf(answer));
        else tally.Failure(Describe(answer), 1);
    }

    private bool IsAnswerTo(in HttpAnswer answer) => answer.Body.Span.IndexOf(body.IdIn(request.AsSpan(bodyAt))) >= 0;

    private void BookBatch(in HttpAnswer answer, int count)
    {
        if (answer.Status != 200)
        {
            tally.Failure(Describe(answer), count);
            return;
        }
        var elements = new BatchAnswer(answer.Body.Span);
        var index = 0;
        while (elements.TryRead(out var element))
        {
            if (index == count || element.Id != transfers[index].Id)
            {
                tally.Failure("the answer to a batch has other transaction ids than the batch", count - index);
                return;
            }
            if (element.Status == BatchStatus.Success) Succeeded(transfers[index], element.Replayed);
            else if (element.Status == BatchStatus.Rejected) tally.Refused(element.Code ?? "(no code)");
            else tally.Failure($"a transfer was answered as invalid, with code {element.Code}", 1);
            index++;
        }
        if (index < count) tally.Failure("the answer to a batch is shorter than the batch", count - index);
    }

    private void Succeeded(in PlannedTransfer transfer, bool replayed)
    {
        if (replayed && caller.WasSentAgain && !books.IsFirstOfItsSeed) unsure.Add(transfer);
        else if (replayed && !caller.WasSentAgain && books.IsFirstOfItsSeed) tally.SucceededWrongly();
        else Book(transfer, replayed, moved: !replayed || caller.WasSentAgain);
    }

    private void Book(in PlannedTransfer transfer, bool replayed, bool moved)
    {
        tally.Succeeded(replayed, moved);
        if (moved) books.Moved(transfer);
    }

    // Sent twice, and maybe also by an earlier run of the same seed: the ledger knows when it was.
    private async Task AskUnsureAsync()
    {
        foreach (var transfer in unsure)
        {
            var answer = await caller.CallAsync(text.Get($"/v1/wallet/transfers/{transfer.Id:D}"));
            if (answer.Status != 200)
            {
                tally.Failure(Describe(answer), 1);
                continue;
            }
            using var json = JsonDocument.Parse(answer.Body);
            var sequence = json.RootElement.GetProperty("sequence").GetInt64();
            Book(transfer, replayed: true, moved: sequence > books.BeginsAfterSequence);
        }
        unsure.Clear();
    }

    /// <summary>An answer in words, for a message.</summary>
    public static string Describe(in HttpAnswer answer)
    {
        var start = System.Text.Encoding.UTF8.GetString(answer.Body.Span[..Math.Min(300, answer.Body.Length)]);
        return $"HTTP {answer.Status} {start.ReplaceLineEndings(" ")}".TrimEnd();
    }

    private static string CodeOf(in HttpAnswer answer)
    {
        try
        {
            using var json = JsonDocument.Parse(answer.Body);
            const string none = "(no code)";
            return json.RootElement.TryGetProperty("code", out var code) ? code.GetString() ?? none : none;
        }
        catch (JsonException)
        {
            return "(no code)";
        }
    }
}
