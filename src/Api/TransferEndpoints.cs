using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;
using OrleansWallet.Ledger;

namespace OrleansWallet.Api;

/// <summary>Transfers: one, many, and what became of one.</summary>
internal sealed class TransferEndpoints(IWallet wallet, KeyRing keys, ApiOptions options)
{
    private const string Tag = "Transfers";
    private const string AnswerType = "application/json; charset=utf-8";
    private const string LinesAnswerType = "application/x-ndjson; charset=utf-8";

    public void Map(IEndpointRouteBuilder routes)
    {
        routes.MapCommand("/balance_transfer", Scopes.Transfer, TransferAsync)
            .Takes(typeof(TransferRequestBody)).Answers(200, typeof(TransferAnswerBody))
            .Says(200, ReplayedHeader.Name, ReplayedHeader.Description)
            .Says(422, ReplayedHeader.Name, ReplayedHeader.Description)
            .Describe(Tag, "transfer", "Moves money once; the answer comes when it is durable. " +
                "From a settlement account it needs the scope treasury too.",
                400, 401, 403, 408, 409, 413, 415, 422, 429, 500, 503);
        routes.MapOtherMethods("/balance_transfer", "POST");

        routes.MapCommand("/balance_transfers", Scopes.Transfer, TransferManyAsync)
            .Takes(typeof(List<TransferRequestBody>), RequestBody.Json, RequestBody.Lines)
            .Answers(200, typeof(List<BatchAnswerBody>), RequestBody.Json, RequestBody.Lines)
            .Describe(Tag, "transferMany", "Moves money for 1 to 10,000 transfers, in order, each by itself; an " +
                "array or one a line. With one transfer from a settlement account in it, the whole batch needs the " +
                "scope treasury: without it, 403 and nothing is taken.",
                400, 401, 403, 408, 413, 415, 429, 500, 503);
        routes.MapOtherMethods("/balance_transfers", "POST");

        routes.MapRead("/transfers/{transaction_id}", Scopes.Read, FindAsync)
            .Describe(Tag, "findTransfer", "A recorded transfer, refused or not.", 400, 401, 403, 404, 429, 500, 503);
        routes.MapOtherMethods("/transfers/{transaction_id}", "GET, HEAD");
    }

    private async Task TransferAsync(HttpContext context)
    {
        if (!RequestBody.Is(context.Request, RequestBody.Json))
        {
            await Problems.UnsupportedMediaType(RequestBody.Json).ExecuteAsync(context);
            return;
        }
        // Before the first byte is asked for: who waits for leave to send a body that is too large must not get it.
        RequestBody.CheckLength(context.Request, options.BodyBytesMax);
        var faults = new Faults(worded: true);
        QueryReader.CheckNames(context.Request, ref faults);
        var read = await context.Request.BodyReader.ReadAsync();
        bool isRead;
        Transfer transfer;
        if (read is { IsCompleted: true, Buffer.IsSingleSegment: true } && read.Buffer.Length <= options.BodyBytesMax)
        {
            isRead = TransferReader.TryRead(read.Buffer.FirstSpan, out transfer, ref faults);
            context.Request.BodyReader.AdvanceTo(read.Buffer.End);
        }
        else
        {
            // It came in pieces: nothing of it counts as looked at, and it is gathered first.
            context.Request.BodyReader.AdvanceTo(read.Buffer.Start);
            using var body = await RequestBody.ReadAsync(context.Request, options.BodyBytesMax);
            isRead = TransferReader.TryRead(body.Written.Span, out transfer, ref faults);
        }
        if (!isRead)
        {
            await faults.ToProblem().ExecuteAsync(context);
            return;
        }
        if (transfer.From.IsSettlement && !MayMint(context.Request))
        {
            await Problems.Forbidden(Scopes.Treasury).ExecuteAsync(context);
            return;
        }
        var outcome = await wallet.TransferAsync(transfer);
        if (outcome.Rejection == Rejection.None) WriteSuccess(context.Response, transfer.Id, outcome.Replayed);
        else await (Problems.For(outcome.Rejection) with { Replayed = outcome.Replayed }).ExecuteAsync(context);
    }

    /// <summary>Writes the published answer. Kestrel sends it when the request ends, in one piece.</summary>
    internal static void WriteSuccess(HttpResponse response, TransactionId id, bool replayed)
    {
        var begin = "{\"Status\":\"success\",\"Transaction_id\":\""u8;
        var end = "\"}"u8;
        var length = begin.Length + TransactionId.TextLength + end.Length;
        response.ContentType = AnswerType;
        response.ContentLength = length;
        if (replayed) response.Headers[ReplayedHeader.Name] = ReplayedHeader.Value;
        var span = response.BodyWriter.GetSpan(length);
        begin.CopyTo(span);
        id.Value.TryFormat(span[begin.Length..], out _, "D");
        end.CopyTo(span[(begin.Length + TransactionId.TextLength)..]);
        response.BodyWriter.Advance(length);
    }

    private async Task TransferManyAsync(HttpContext context)
    {
        var asLines = RequestBody.Is(context.Request, RequestBody.Lines);
        if (!asLines && !RequestBody.Is(context.Request, RequestBody.Json))
        {
            await Problems.UnsupportedMediaType($"{RequestBody.Json} or {RequestBody.Lines}").ExecuteAsync(context);
            return;
        }
        using var batch = new TransferBatch();
        var faults = new Faults(worded: true);
        QueryReader.CheckNames(context.Request, ref faults);
        using (var body = await RequestBody.ReadAsync(context.Request, options.BodyBytesMax))
        {
            var isRead = asLines
                ? BatchReader.TryReadLines(body.Written.Span, batch, ref faults)
                : BatchReader.TryReadArray(body.Written.Span, batch, ref faults);
            if (!isRead || faults.Any)
            {
                await faults.ToProblem().ExecuteAsync(context);
                return;
            }
        }
        if (HasSettlementPayer(batch.Transfers.Span) && !MayMint(context.Request))
        {
            await Problems.Forbidden(Scopes.Treasury).ExecuteAsync(context);
            return;
        }
        batch.Close();
        if (batch.Transfers.Length > 0) await wallet.TransferManyAsync(batch.Transfers, batch.Outcomes);
        if (Undecided(batch.Outcomes.Span) is { } refusal)
        {
            await refusal.ExecuteAsync(context);
            return;
        }
        context.Response.ContentType = asLines ? LinesAnswerType : AnswerType;
        await BatchWriter.WriteAsync(context.Response.BodyWriter, batch, asLines);
    }

    private async Task<Results<Ok<TransferBody>, Problem>> FindAsync(
        [FromRoute(Name = "transaction_id")] string transactionId, HttpContext context)
    {
        var faults = new Faults(worded: true);
        QueryReader.CheckNames(context.Request.Query, ref faults);
        if (!TransactionId.TryParse(transactionId, out var id))
            faults.Add("transaction_id", Explain.TransactionId);
        if (faults.Any) return faults.ToProblem();
        return await wallet.FindTransferAsync(id, context.RequestAborted) is { } found
            ? TypedResults.Ok(TransferBody.Of(found))
            : Problems.NotFound("No transfer has this transaction id; send it, if it was meant to be sent.");
    }

    private bool MayMint(HttpRequest request) =>
        keys.TryFind(request, out var scopes) && (scopes & Scopes.Treasury) != 0;

    private static bool HasSettlementPayer(ReadOnlySpan<Transfer> transfers)
    {
        foreach (ref readonly var transfer in transfers)
            if (transfer.From.IsSettlement) return true;
        return false;
    }

    // An outcome that is not known makes the whole answer one: sent again, all decided ones are answered again.
    private static Problem? Undecided(ReadOnlySpan<TransferOutcome> outcomes)
    {
        foreach (ref readonly var outcome in outcomes)
            if (outcome.Rejection is Rejection.Overloaded or Rejection.Unavailable)
                return Problems.For(outcome.Rejection);
        return null;
    }
}
