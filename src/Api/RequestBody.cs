using Microsoft.Net.Http.Headers;

namespace OrleansWallet.Api;

/// <summary>A request's body and what it says it is.</summary>
internal static class RequestBody
{
    public const string Json = "application/json";
    public const string Lines = "application/x-ndjson";

    /// <summary>Whether the body is said to be of a media type, in UTF-8 and not compressed.</summary>
    public static bool Is(HttpRequest request, string mediaType)
    {
        var type = request.ContentType;
        if (request.Headers.ContentEncoding.Count > 0) return false;
        if (string.Equals(type, mediaType, StringComparison.OrdinalIgnoreCase)) return true;
        if (type is null || !type.StartsWith(mediaType, StringComparison.OrdinalIgnoreCase)) return false;
        return MediaTypeHeaderValue.TryParse(type, out var parsed)
            && parsed.MediaType.Equals(mediaType, StringComparison.OrdinalIgnoreCase)
            && parsed.Parameters.All(parameter => parameter.Name.Equals("charset", StringComparison.OrdinalIgnoreCase)
                && HeaderUtilities.RemoveQuotes(parameter.Value).Equals("utf-8", StringComparison.OrdinalIgnoreCase));
    }

    /// <summary>Looks at how long the body is said to be.</summary>
    /// <exception cref="BadHttpRequestException">It is over the limit.</exception>
    public static void CheckLength(HttpRequest request, int bytesMax)
    {
        if (request.ContentLength > bytesMax) throw TooLarge();
    }

    /// <summary>Reads the rest of a body, as it comes.</summary>
    /// <exception cref="BadHttpRequestException">It is over the limit, too slow, or broken off.</exception>
    public static async Task<PooledBuffer> ReadAsync(HttpRequest request, int bytesMax)
    {
        CheckLength(request, bytesMax);
        var whole = new PooledBuffer((int)(request.ContentLength ?? 4096));
        try
        {
            while (true)
            {
                var read = await request.BodyReader.ReadAsync();
                var fits = read.Buffer.Length <= bytesMax - whole.Length;
                if (fits) whole.Append(read.Buffer);
                request.BodyReader.AdvanceTo(read.Buffer.End);
                if (!fits) throw TooLarge();
                if (read.IsCompleted) return whole;
            }
        }
        catch
        {
            whole.Dispose();
            throw;
        }
    }

    /// <summary>Whether there is no body, or one without a byte in it. Not more than its beginning is read.</summary>
    public static async Task<bool> IsEmptyAsync(HttpRequest request)
    {
        if (request.ContentLength is { } length) return length == 0;
        while (true)
        {
            var read = await request.BodyReader.ReadAsync();
            var hasBytes = !read.Buffer.IsEmpty;
            request.BodyReader.AdvanceTo(read.Buffer.Start);
            if (hasBytes || read.IsCompleted) return !hasBytes;
        }
    }

    /// <summary>
    /// Reads on, up to the server's own limit, after the answer went out: a connection closed while its sender still
    /// sends is reset, and the answer with it may never be seen.
    /// </summary>
    public static async Task DrainAsync(HttpRequest request)
    {
        try
        {
            while (await request.BodyReader.ReadAsync() is { IsCompleted: false } read)
                request.BodyReader.AdvanceTo(read.Buffer.End);
        }
        catch (Exception e) when (e is IOException or OperationCanceledException)
        {
            // The sender is gone, too slow, or sends without end. The answer was given; the server closes.
        }
    }

    private static BadHttpRequestException TooLarge() =>
        new("The body is too large.", StatusCodes.Status413PayloadTooLarge);
}
