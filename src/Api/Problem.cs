using System.Diagnostics;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace OrleansWallet.Api;

/// <summary>An answer that refuses: RFC 9457 problem details, by hand so that nothing unplanned is in it.</summary>
/// <param name="Status">The HTTP status.</param>
/// <param name="Code">The stable code; <c>type</c> is <c>/problems/</c> and the code.</param>
/// <param name="Title">What happened, the same for every problem of the code.</param>
/// <param name="Detail">What to do.</param>
public sealed record Problem(int Status, string Code, string Title, string Detail) : IResult, IStatusCodeHttpResult
{
    // Apostrophes and the like as themselves: people read these. That is safe in what is never taken for HTML, which
    // the media type says and the header "nosniff" makes browsers believe.
    private static readonly JsonWriterOptions Readable =
        new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>The media type of all problems.</summary>
    public const string ContentType = "application/problem+json";

    /// <summary>The faults of a malformed request, by member; on 400 only.</summary>
    public IReadOnlyDictionary<string, IReadOnlyList<string>>? Errors { get; init; }

    /// <summary>When to come again, in seconds; on 429 and 503.</summary>
    public int? RetryAfterSeconds { get; init; }

    /// <summary>The methods there are, on 405.</summary>
    public string? Allow { get; init; }

    /// <summary>How to say who one is, on 401 and 403.</summary>
    public string? Challenge { get; init; }

    /// <summary>Whether an earlier request had the same answer.</summary>
    public bool Replayed { get; init; }

    int? IStatusCodeHttpResult.StatusCode => Status;

    /// <summary>Writes the answer.</summary>
    public async Task ExecuteAsync(HttpContext httpContext)
    {
        var response = httpContext.Response;
        response.StatusCode = Status;
        response.ContentType = ContentType;
        response.Headers.XContentTypeOptions = "nosniff";
        if (RetryAfterSeconds is { } seconds) response.Headers.RetryAfter = $"{seconds}";
        if (Allow is not null) response.Headers.Allow = Allow;
        if (Challenge is not null) response.Headers.WWWAuthenticate = Challenge;
        if (Replayed) response.Headers[ReplayedHeader.Name] = ReplayedHeader.Value;

        using var buffer = new PooledBuffer();
        using (var json = new Utf8JsonWriter(buffer, Readable)) Write(json, TraceIdOf(httpContext));
        response.ContentLength = buffer.Written.Length;
        await response.BodyWriter.WriteAsync(buffer.Written);
    }

    /// <summary>The id under which the server's log knows a request.</summary>
    public static string TraceIdOf(HttpContext context) =>
        Activity.Current?.TraceId.ToHexString()
        // Where nobody listens to traces there is no activity, but the caller's trace has its id all the same.
        ?? (ActivityContext.TryParse(context.Request.Headers.TraceParent, traceState: null, out var caller)
            ? caller.TraceId.ToHexString() : context.TraceIdentifier);

    private void Write(Utf8JsonWriter json, string traceId)
    {
        json.WriteStartObject();
        json.WriteString("type"u8, $"/problems/{Code}");
        json.WriteString("title"u8, Title);
        json.WriteNumber("status"u8, Status);
        json.WriteString("detail"u8, Detail);
        json.WriteString("code"u8, Code);
        json.WriteString("trace_id"u8, traceId);
        if (Errors is not null)
        {
            json.WriteStartObject("errors"u8);
            foreach (var (member, messages) in Errors)
            {
                json.WriteStartArray(member);
                foreach (var message in messages) json.WriteStringValue(message);
                json.WriteEndArray();
            }
            json.WriteEndObject();
        }
        json.WriteEndObject();
    }
}

/// <summary>The header that tells an answer given again.</summary>
internal static class ReplayedHeader
{
    public const string Name = "Idempotent-Replayed";
    public const string Value = "true";
    public const string Description = "true where an earlier request decided this one; else left out.";
}
