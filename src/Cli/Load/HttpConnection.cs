using System.Buffers.Text;
using System.Net.Security;
using System.Net.Sockets;
using System.Text;

namespace OrleansWallet.Cli.Load;

/// <summary>What came back on a request; the body is there until the next request.</summary>
internal readonly record struct HttpAnswer(int Status, bool Replayed, int RetryAfterSeconds, ReadOnlyMemory<byte> Body);

/// <summary>
/// One connection that speaks as much HTTP/1.1 as a load needs: a request, its answer, the next request. It exists
/// because the load shares its machine with the server, and HttpClient costs half as much again or more.
/// </summary>
internal sealed class HttpConnection : IDisposable
{
    private const int AnswerBytesMax = 64 << 20;

    private readonly Socket socket;
    private readonly Stream stream;
    private byte[] buffer = new byte[8192];
    private int start;
    private int end;
    private byte[] chunks = [];

    private HttpConnection(Socket socket, Stream stream)
    {
        this.socket = socket;
        this.stream = stream;
    }

    /// <summary>Whether the server closes the connection after the last answer.</summary>
    public bool IsSpent { get; private set; }

    /// <summary>Connects.</summary>
    public static async Task<HttpConnection> OpenAsync(Uri url, CancellationToken cancel)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(url.DnsSafeHost, url.Port, cancel);
            Stream stream = new NetworkStream(socket, ownsSocket: true);
            if (url.Scheme == Uri.UriSchemeHttps)
            {
                var secure = new SslStream(stream);
                await secure.AuthenticateAsClientAsync(
                    new SslClientAuthenticationOptions { TargetHost = url.DnsSafeHost }, cancel);
                stream = secure;
            }
            return new HttpConnection(socket, stream);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    /// <summary>Sends a whole request and reads the answer to it.</summary>
    /// <exception cref="IOException">The connection broke; whether the request was carried out is unknown.</exception>
    public async ValueTask<HttpAnswer> ExchangeAsync(ReadOnlyMemory<byte> request)
    {
        try
        {
            await stream.WriteAsync(request);
            start = end = 0;
            var headEnd = 0;
            while ((headEnd = buffer.AsSpan(start, end - start).IndexOf("\r\n\r\n"u8)) < 0) await FillAsync();
            var head = ReadHead(buffer.AsSpan(start, headEnd + 2));
            start += headEnd + 4;
            IsSpent = head.Closes;
            var body = head.IsChunked ? await ReadChunksAsync() : await ReadBodyAsync(head.Length);
            return new HttpAnswer(head.Status, head.Replayed, head.RetryAfter, body);
        }
        catch (Exception e) when (e is ObjectDisposedException or SocketException or FormatException)
        {
            throw new IOException(e.Message, e);
        }
    }

    /// <summary>Breaks the connection off, from any thread; a wait for an answer ends with an exception.</summary>
    public void Dispose()
    {
        socket.Dispose();
        stream.Dispose();
    }

    private async ValueTask<ReadOnlyMemory<byte>> ReadBodyAsync(int length)
    {
        while (end - start < length) await FillAsync();
        return buffer.AsMemory(start, length);
    }

    private async ValueTask<ReadOnlyMemory<byte>> ReadChunksAsync()
    {
        var length = 0;
        while (true)
        {
            int lineEnd;
            while ((lineEnd = buffer.AsSpan(start, end - start).IndexOf("\r\n"u8)) < 0) await FillAsync();
            if (!Utf8Parser.TryParse(buffer.AsSpan(start, lineEnd), out int size, out _, 'x') || size < 0)
                throw new FormatException("The server's answer has a chunk without a length.");
            start += lineEnd + 2;
            while (end - start < size + 2) await FillAsync();
            if (chunks.Length < length + size) Array.Resize(ref chunks, Math.Max(length + size, chunks.Length * 2));
            buffer.AsSpan(start, size).CopyTo(chunks.AsSpan(length));
            start += size + 2;
            length += size;
            if (size == 0) return chunks.AsMemory(0, length);
        }
    }

    private async ValueTask FillAsync()
    {
        if (end == buffer.Length)
        {
            if (start > 0)
            {
                buffer.AsSpan(start, end - start).CopyTo(buffer);
                end -= start;
                start = 0;
            }
            else if (buffer.Length >= AnswerBytesMax)
            {
                throw new FormatException("The server's answer is too long.");
            }
            else
            {
                Array.Resize(ref buffer, buffer.Length * 2);
            }
        }
        var read = await stream.ReadAsync(buffer.AsMemory(end));
        if (read == 0) throw new IOException("The server closed the connection.");
        end += read;
    }

    private static Head ReadHead(ReadOnlySpan<byte> text)
    {
        var head = new Head();
        var line = NextLine(ref text);
        if (!line.StartsWith("HTTP/1."u8) || line.Length < 12 || !Utf8Parser.TryParse(line[9..], out head.Status,
            out _))
            throw new FormatException("The server does not answer in HTTP/1.1.");
        while (text.Length > 0)
        {
            line = NextLine(ref text);
            var colon = line.IndexOf((byte)':');
            if (colon < 0) continue;
            var name = line[..colon];
            var value = line[(colon + 1)..].Trim((byte)' ');
            if (Is(name, "content-length"u8)) head.Length = ReadNumber(value);
            else if (Is(name, "transfer-encoding"u8)) head.IsChunked = Is(value, "chunked"u8);
            else if (Is(name, "connection"u8)) head.Closes = Is(value, "close"u8);
            else if (Is(name, "retry-after"u8)) head.RetryAfter = ReadNumber(value);
            else if (Is(name, "idempotent-replayed"u8)) head.Replayed = Is(value, "true"u8);
        }
        return head;
    }

    // Retry-After may also be a date, which counts as none here.
    private static int ReadNumber(ReadOnlySpan<byte> text) =>
        Utf8Parser.TryParse(text, out int number, out var read) && read == text.Length && number >= 0 ? number : 0;

    private static ReadOnlySpan<byte> NextLine(ref ReadOnlySpan<byte> text)
    {
        var length = text.IndexOf("\r\n"u8);
        var line = text[..length];
        text = text[(length + 2)..];
        return line;
    }

    private static bool Is(ReadOnlySpan<byte> text, ReadOnlySpan<byte> expected) =>
        text.Length == expected.Length && Ascii.EqualsIgnoreCase(text, expected);

    private struct Head
    {
        public int Status;
        public int Length;
        public int RetryAfter;
        public bool IsChunked;
        public bool Closes;
        public bool Replayed;
    }
}
