using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Connections;
using Orleans.Configuration;

namespace OrleansWallet.Silo;

/// <summary>
/// Notices at once that another silo's process has ended. Orleans' probes tell that a silo doesn't answer, after six
/// seconds; but a process that is gone leaves a sign of its own: its connection ends, and its machine refuses new ones,
/// as nobody listens there. Then the silo is declared dead in the same second. One that hangs, or can't be reached,
/// refuses nothing, and is left to the probes (docs/decisions/0016).
/// </summary>
internal sealed partial class CrashDetector(
    IClusterMembershipService membership, IHostApplicationLifetime life, ILogger<CrashDetector> log)
{
    private const int RefusalsMin = 3;
    private const int TriesMax = 20;
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(250);

    /// <summary>Has an eye on all connections from this silo to others.</summary>
    public static void Watch(SiloConnectionOptions connections) =>
        connections.ConfigureSiloOutboundConnection(connection =>
        {
            var detector = connection.ApplicationServices.GetRequiredService<CrashDetector>();
            connection.Use((ConnectionContext context, Func<Task> next) => detector.WatchAsync(context, next));
        });

    private async Task WatchAsync(ConnectionContext connection, Func<Task> next)
    {
        var remote = connection.RemoteEndPoint;
        try
        {
            await next();
        }
        finally
        {
            if (remote is IPEndPoint endPoint) _ = CheckAsync(endPoint);
        }
    }

    private async Task CheckAsync(IPEndPoint endPoint)
    {
        var refusals = 0;
        for (var tries = 0; tries < TriesMax && !life.ApplicationStopping.IsCancellationRequested; tries++)
        {
            try
            {
                if (!await RefusesAsync(endPoint)) return;
                if (++refusals >= RefusalsMin)
                {
                    await DeclareDeadAsync(endPoint);
                    return;
                }
            }
            catch (Exception e)
            {
                LogFailed(endPoint, e.Message);
            }
            await Task.Delay(Pause);
        }
    }

    // Only its machine's own word counts. A connection that is made, or lost on the way, tells nothing.
    private static async Task<bool> RefusesAsync(IPEndPoint endPoint)
    {
        using var socket = new Socket(endPoint.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        using var patience = new CancellationTokenSource(Pause);
        try
        {
            await socket.ConnectAsync(endPoint, patience.Token);
            return false;
        }
        catch (SocketException e)
        {
            return e.SocketErrorCode == SocketError.ConnectionRefused;
        }
        catch (OperationCanceledException)
        {
            return false;
        }
    }

    private async Task DeclareDeadAsync(IPEndPoint endPoint)
    {
        await membership.Refresh();
        // One that leaves in order says so first, and ends its entry by itself.
        foreach (var (silo, member) in membership.CurrentSnapshot.Members)
            if (member.Status == SiloStatus.Active && silo.Endpoint.Equals(endPoint)
                && await membership.TryKill(silo)) LogDead(silo);
    }

    [LoggerMessage(1, LogLevel.Warning, "Silo {Silo} was declared dead: its process has ended.")]
    private partial void LogDead(SiloAddress silo);

    [LoggerMessage(2, LogLevel.Warning, "Whether the silo at {EndPoint} has ended can't be told: {Reason}")]
    private partial void LogFailed(IPEndPoint endPoint, string reason);
}
