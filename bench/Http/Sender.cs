using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using System.Text;

namespace OrleansWallet.Bench.Http;

/// <summary>
/// One connection that sends a request, reads its answer, and sends the next; requests differ in their ids only. It
/// does as little as a client can, since it shares the machine with what it measures.
/// </summary>
internal sealed class Sender : IDisposable
{
    private const int IdLength = 36;

    private readonly Socket socket = new(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
    private readonly byte[] request;
    private readonly int[] idsAt;
    private byte[] buffer = new byte[256 << 10];
    private Guid next = Guid.NewGuid();

    private Sender(byte[] request, int[] idsAt) => (this.request, this.idsAt) = (request, idsAt);

    public static async Task<Sender> OpenAsync(
        Uri address, string path, string contentType, string[] bodies, bool asArray)
    {
        var body = asArray ? $"[{string.Join(',', bodies)}]" : string.Join('\n', bodies);
        var text = $"POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: {contentType}\r\n" +
            $"Content-Length: {body.Length}\r\n\r\n{body}";
        var idsAt = new List<int>();
        for (var at = text.IndexOf(Marker); at >= 0; at = text.IndexOf(Marker, at + 1)) idsAt.Add(at);
        var sender = new Sender(Encoding.ASCII.GetBytes(text), [.. idsAt]);
        await sender.socket.ConnectAsync(new IPEndPoint(IPAddress.Loopback, address.Port));
        return sender;
    }

    /// <summary>What stands in a body where an id is to come.</summary>
    public static string Marker { get; } = new('#', IdLength);

    /// <summary>How many transfers are in a request.</summary>
    public int Transfers => idsAt.Length;

    /// <summary>What the server said when it last refused a whole request; null: it never did.</summary>
    public string? Refusal { get; private set; }

    /// <summary>Sends the request, with new ids. Returns how many of its transfers succeeded.</summary>
    public async Task<int> SendAsync()
    {
        PutIds();
        await socket.SendAsync(request);
        return await ReadAnswerAsync();
    }

    public void Dispose() => socket.Dispose();

    private void PutIds()
    {
        foreach (var at in idsAt)
        {
            MemoryMarshal.Cast<Guid, ulong>(MemoryMarshal.CreateSpan(ref next, 1))[1]++;
            next.TryFormat(request.AsSpan(at, IdLength), out _);
        }
    }

    // Returns how many successes are in it. An answer has a length, or it is chunked and ends with the empty chunk.
    private async Task<int> ReadAnswerAsync()
    {
        var length = await ReceiveAsync(0);
        int body;
        while ((body = BodyAt(buffer.AsSpan(0, length))) < 0) length += await ReceiveAsync(length);
        var bodyLength = LengthSaid(buffer.AsSpan(0, body));
        while (bodyLength is { } said
            ? length < body + said
            : !buffer.AsSpan(0, length).EndsWith("\r\n0\r\n\r\n"u8))
            length += await ReceiveAsync(length);
        var answer = buffer.AsSpan(0, length);
        if (!answer.StartsWith("HTTP/1.1 200 "u8))
        {
            Refusal = Encoding.UTF8.GetString(answer);
            return 0;
        }
        if (bodyLength is null) return SuccessesInChunks(answer);
        return answer.IndexOf("\"Status\":\"success\""u8) >= 0 ? 1 : 0;
    }

    private async Task<int> ReceiveAsync(int offset)
    {
        if (offset == buffer.Length) Array.Resize(ref buffer, offset * 2);
        var length = await socket.ReceiveAsync(buffer.AsMemory(offset));
        return length > 0 ? length : throw new IOException("The server closed the connection.");
    }

    private static int BodyAt(ReadOnlySpan<byte> answer) =>
        answer.IndexOf("\r\n\r\n"u8) is >= 0 and var end ? end + 4 : -1;

    // The length a header says the body has; null where it is chunked.
    private static int? LengthSaid(ReadOnlySpan<byte> head)
    {
        var name = "\r\nContent-Length: "u8;
        if (head.IndexOf(name) is not (>= 0 and var at)) return null;
        var value = head[(at + name.Length)..];
        return int.Parse(value[..value.IndexOf("\r\n"u8)], NumberStyles.None, CultureInfo.InvariantCulture);
    }

    // Puts the chunks together where they are, so that nothing that is looked for lies across two of them.
    private static int SuccessesInChunks(Span<byte> answer)
    {
        var end = "\r\n"u8;
        var at = answer.IndexOf("\r\n\r\n"u8) + 4;
        var filled = at;
        var body = at;
        while (true)
        {
            var sizeEnd = at + answer[at..].IndexOf(end);
            var size = int.Parse(answer[at..sizeEnd], NumberStyles.HexNumber, CultureInfo.InvariantCulture);
            if (size == 0) return answer[body..filled].Count("\"status\":\"success\""u8);
            answer.Slice(sizeEnd + end.Length, size).CopyTo(answer[filled..]);
            filled += size;
            at = sizeEnd + end.Length + size + end.Length;
        }
    }
}
