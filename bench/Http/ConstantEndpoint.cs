using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using OrleansWallet.Api;

namespace OrleansWallet.Bench.Http;

/// <summary>What the server costs without the wallet: the same body is read, the answer is always the same.</summary>
internal static class ConstantEndpoint
{
    public const string Path = "/bench/constant";

    private static readonly byte[] Answer =
        """{"Status":"success","Transaction_id":"01589980-2664-11ec-9621-0242ac130002"}"""u8.ToArray();

    public static void Map(WebApplication app) => app.MapPost(Path, (RequestDelegate)AnswerAsync);

    private static async Task AnswerAsync(HttpContext context)
    {
        var read = await context.Request.BodyReader.ReadAsync();
        var faults = new Faults(worded: true);
        var isRead = TransferReader.TryRead(read.Buffer.FirstSpan, out _, ref faults);
        context.Request.BodyReader.AdvanceTo(read.Buffer.End);
        if (!isRead) throw new InvalidOperationException("The bench sends whole and good transfers only.");
        context.Response.ContentType = "application/json; charset=utf-8";
        context.Response.ContentLength = Answer.Length;
        Answer.CopyTo(context.Response.BodyWriter.GetSpan(Answer.Length));
        context.Response.BodyWriter.Advance(Answer.Length);
    }
}
