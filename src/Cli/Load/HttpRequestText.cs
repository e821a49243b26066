using System.Text;

namespace OrleansWallet.Cli.Load;

/// <summary>The heads of the requests that a load sends, as HTTP/1.1 has them.</summary>
internal sealed class HttpRequestText(Uri url, string? key)
{
    private readonly string common =
        $"Host: {url.Authority}\r\n" + (key is null ? "" : $"Authorization: Bearer {key}\r\n");

    /// <summary>The head of a request with a body.</summary>
    public byte[] Post(string path, string mediaType, int bodyLength) => Encoding.ASCII.GetBytes(
        $"POST {path} HTTP/1.1\r\n{common}Content-Type: {mediaType}\r\nContent-Length: {bodyLength}\r\n\r\n");

    /// <summary>A whole request with a body.</summary>
    public byte[] Post(string path, string mediaType, string body) =>
        [.. Post(path, mediaType, Encoding.UTF8.GetByteCount(body)), .. Encoding.UTF8.GetBytes(body)];

    /// <summary>A whole request without a body.</summary>
    public byte[] Get(string path) => Encoding.ASCII.GetBytes($"GET {path} HTTP/1.1\r\n{common}\r\n");
}
