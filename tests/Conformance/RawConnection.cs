using System.Net.Sockets;
using System.Text;

namespace OrleansWallet.Conformance;

/// <summary>A connection that says just what it is told to, for requests no decent client sends.</summary>
public sealed class RawConnection : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly TcpClient client = new() { NoDelay = true };
    private Stream stream = Stream.Null;

    public static async Task<RawConnection> OpenAsync(RunningServer server)
    {
        var connection = new RawConnection();
        await connection.client.ConnectAsync(server.Address.Host, server.Address.Port);
        connection.stream = connection.client.GetStream();
        return connection;
    }

    public static string Post(string path, int contentLength, string headers = "") =>
        $"POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n{headers}" +
        $"Content-Length: {contentLength}\r\n\r\n";

    public Task SendAsync(string text) => SendAsync(Encoding.UTF8.GetBytes(text));

    public async Task SendAsync(ReadOnlyMemory<byte> bytes)
    {
        using var patience = new CancellationTokenSource(Patience);
        await stream.WriteAsync(bytes, patience.Token);
    }

    /// <summary>Reads until the text has come so many times, or the server closes.</summary>
    public async Task<string> ReadUntilAsync(string text, int times = 1)
    {
        var all = new StringBuilder();
        var buffer = new byte[16 << 10];
        using var patience = new CancellationTokenSource(Patience);
        while (all.ToString().Split(text).Length - 1 < times)
        {
            var count = await stream.ReadAsync(buffer, patience.Token);
            if (count == 0) break;
            all.Append(Encoding.UTF8.GetString(buffer, 0, count));
        }
        return all.ToString();
    }

    /// <summary>Reads all until the server closes the connection, in order or by a reset.</summary>
    public async Task<string> ReadToCloseAsync()
    {
        var all = new StringBuilder();
        var buffer = new byte[16 << 10];
        using var patience = new CancellationTokenSource(Patience);
        try
        {
            while (await stream.ReadAsync(buffer, patience.Token) is var count and > 0)
                all.Append(Encoding.UTF8.GetString(buffer, 0, count));
        }
        catch (IOException)
        {
            // A reset closes too.
        }
        return all.ToString();
    }

    public void Dispose() => client.Dispose();
}
