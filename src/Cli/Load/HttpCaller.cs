using System.Diagnostics;
using System.Net.Sockets;

namespace OrleansWallet.Cli.Load;

/// <summary>
/// Sends requests one after the other until each has an answer: over a new connection where one broke, again after
/// Retry-After where the server is overloaded. All requests are safe to send again: the ids in them make them so.
/// </summary>
internal sealed class HttpCaller(LoadSettings settings, CancellationToken stop) : IDisposable
{
    private const int TooManyRequests = 429;
    private const int ServiceUnavailable = 503;
    private static readonly TimeSpan ReconnectInterval = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan RetryIntervalMax = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan PatienceWhenStopping = TimeSpan.FromSeconds(10);

    private HttpConnection? connection;
    private long waitingSince;

    /// <summary>How often an answer told to come again later.</summary>
    public long Overloaded { get; private set; }

    /// <summary>How often a request was sent again because its connection broke.</summary>
    public long Resent { get; private set; }

    /// <summary>Whether the last request was sent more than once.</summary>
    public bool WasSentAgain { get; private set; }

    /// <summary>Sends a request until it has an answer.</summary>
    /// <exception cref="LoadException">There was none for too long.</exception>
    public async ValueTask<HttpAnswer> CallAsync(ReadOnlyMemory<byte> request)
    {
        var begun = Stopwatch.GetTimestamp();
        WasSentAgain = false;
        while (true)
        {
            string fault;
            TimeSpan pause;
            try
            {
                connection ??= await HttpConnection.OpenAsync(settings.Url, CancellationToken.None);
                Volatile.Write(ref waitingSince, Stopwatch.GetTimestamp());
                var answer = await connection.ExchangeAsync(request);
                Volatile.Write(ref waitingSince, 0);
                if (connection.IsSpent) Drop();
                if (answer.Status is not (TooManyRequests or ServiceUnavailable)) return answer;
                Overloaded++;
                fault = $"it answers {answer.Status}";
                pause = TimeSpan.FromSeconds(Math.Max(answer.RetryAfterSeconds, 1));
            }
            catch (Exception e) when (e is IOException or SocketException)
            {
                Volatile.Write(ref waitingSince, 0);
                Drop();
                Resent++;
                fault = e.Message;
                pause = ReconnectInterval;
            }
            WasSentAgain = true;
            await WaitAsync(begun, pause, fault);
        }
    }

    /// <summary>
    /// Breaks a wait for an answer off that has lasted too long; it will be asked for again. Any thread.
    /// </summary>
    public void BreakIfStuck(TimeSpan waitMax)
    {
        var since = Volatile.Read(ref waitingSince);
        if (since != 0 && Stopwatch.GetElapsedTime(since) > waitMax) Volatile.Read(ref connection)?.Dispose();
    }

    public void Dispose() => Drop();

    private async Task WaitAsync(long begun, TimeSpan pause, string fault)
    {
        var patience = stop.IsCancellationRequested ? PatienceWhenStopping : settings.Patience;
        if (Stopwatch.GetElapsedTime(begun) + pause > patience)
            throw new LoadException(
                $"{settings.Url} gave no answer for {patience.TotalSeconds:N0} s: {fault}", ExitCode.Unreachable);
        await Task.Delay(pause < RetryIntervalMax ? pause : RetryIntervalMax, CancellationToken.None);
    }

    private void Drop()
    {
        connection?.Dispose();
        connection = null;
    }
}
