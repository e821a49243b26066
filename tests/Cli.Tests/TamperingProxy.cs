using System.Net;
using System.Net.Sockets;
using System.Text;

namespace OrleansWallet.Cli.Tests;

/// <summary>
/// Stands between a load and its server and changes what the server answers, or breaks the connection instead of
/// passing an answer on.
/// </summary>
internal sealed class TamperingProxy : IAsyncDisposable
{
    private readonly TcpListener listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource stop = new();
    private readonly Func<string, string?> answer;
    private readonly Uri server;
    private readonly Task accepting;
    private readonly List<Task> connections = [];

    /// <summary>
    /// Begins; the function gets each piece of an answer and gives what to pass on, null to break off.
    /// </summary>
    public TamperingProxy(Uri server, Func<string, string?> answer)
    {
        this.server = server;
        this.answer = answer;
        listener.Start();
        accepting = AcceptAsync();
    }

    public string Url => $"http://127.0.0.1:{((IPEndPoint)listener.LocalEndpoint).Port}";

    public async ValueTask DisposeAsync()
    {
        await stop.CancelAsync();
        listener.Stop();
        await accepting;
        await Task.WhenAll(connections);
        listener.Dispose();
        stop.Dispose();
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true) connections.Add(ServeAsync(await listener.AcceptTcpClientAsync(stop.Token)));
        }
        catch (OperationCanceledException)
        {
            // The test is over.
        }
    }

    private async Task ServeAsync(TcpClient client)
    {
        using var there = client;
        using var here = new TcpClient();
        try
        {
            await here.ConnectAsync(server.Host, server.Port, stop.Token);
            var requests = there.GetStream().CopyToAsync(here.GetStream(), stop.Token);
            var buffer = new byte[1 << 20];
            int read;
            while ((read = await here.GetStream().ReadAsync(buffer, stop.Token)) > 0)
            {
                if (answer(Encoding.Latin1.GetString(buffer, 0, read)) is not { } passed) break;
                await there.GetStream().WriteAsync(Encoding.Latin1.GetBytes(passed), stop.Token);
            }
            there.Close();
            await requests;
        }
        catch (Exception e)
            when (e is IOException or OperationCanceledException or SocketException or ObjectDisposedException)
        {
            // Either side closed.
        }
    }
}
