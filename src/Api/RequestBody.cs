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

    /// <summary>Reads the rest of a body, as it comes.</summary>
    /// <exception cref="BadHttpRequestException">It is over the limit, too slow, or broken off.</exception>
    public static async Task<PooledBuffer> ReadAsync(HttpRequest request, int bytesMax)
    {
        if (request.ContentLength > bytesMax) throw TooLarge();
        var whole = new PooledBuffer((int)(request.ContentLength ?? 4096));
        try
        {
            while (true)
            {
                var read = await request.BodyReader.ReadAsync();
                if (read.Buffer.Length > bytesMax - whole.Length) throw TooLarge();
                whole.Append(read.Buffer);
                request.BodyReader.AdvanceTo(read.Buffer.End);
                if (read.IsCompleted) return whole;
            }
        }
        catch
        {
            whole.Dispose();
            throw;
        }
    }

    public static BadHttpRequestException TooLarge() =>
        new("The body is too large.", StatusCodes.Status413PayloadTooLarge);
}
