using System.Net;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;

namespace OrleansWallet.Api;

/// <summary>
/// Without keys everyone who reaches the server may do everything, so then it may be reached from its own machine
/// only. Looked at before the server binds, in all that is configured, and once more in what it did bind.
/// </summary>
internal sealed class LoopbackRule(IConfiguration configuration, IServer server, KeyRing keys) : IHostedLifecycleService
{
    public Task StartingAsync(CancellationToken cancellationToken)
    {
        Check(Configured(configuration).Concat(Bound()));
        return Task.CompletedTask;
    }

    public Task StartedAsync(CancellationToken cancellationToken)
    {
        Check(Bound());
        return Task.CompletedTask;
    }

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <summary>All addresses that configuration tells the server to listen at.</summary>
    public static IEnumerable<string> Configured(IConfiguration configuration)
    {
        foreach (var url in Split(configuration[WebHostDefaults.ServerUrlsKey])) yield return url;
        foreach (var endpoint in configuration.GetSection("Kestrel:Endpoints").GetChildren())
            if (endpoint["Url"] is { } url) yield return url;
        // Ports alone mean every address of the machine; with urls they would be ignored.
        if (configuration[WebHostDefaults.ServerUrlsKey] is { Length: > 0 }) yield break;
        foreach (var port in Split(configuration[WebHostDefaults.HttpPortsKey])) yield return $"http://*:{port}";
        foreach (var port in Split(configuration[WebHostDefaults.HttpsPortsKey])) yield return $"https://*:{port}";
    }

    /// <summary>Whether only this machine can reach an address.</summary>
    public static bool IsLoopback(string url)
    {
        BindingAddress address;
        try
        {
            address = BindingAddress.Parse(url);
        }
        catch (FormatException)
        {
            // The server will say what is wrong with it, in its own words.
            return true;
        }
        return address.IsUnixPipe || address.IsNamedPipe
            || address.Host.Equals("localhost", StringComparison.OrdinalIgnoreCase)
            || (IPAddress.TryParse(address.Host, out var ip) && IPAddress.IsLoopback(ip));
    }

    private void Check(IEnumerable<string> urls)
    {
        if (!keys.IsEmpty || urls.FirstOrDefault(url => !IsLoopback(url)) is not { } url) return;
        throw new StartException(
            $"No keys are configured, so everyone who can reach {url} could move money. Configure Wallet:Keys, or " +
            "listen at a loopback address such as http://127.0.0.1:5080.");
    }

    private IEnumerable<string> Bound() => server.Features.Get<IServerAddressesFeature>()?.Addresses ?? [];

    private static string[] Split(string? list) =>
        (list ?? "").Split(';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
}

/// <summary>The server can't start as it is configured; the message tells the operator what to do.</summary>
public sealed class StartException(string message) : Exception(message);
