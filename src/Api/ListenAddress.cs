using System.Diagnostics.CodeAnalysis;
using System.Net;

namespace OrleansWallet.Api;

/// <summary>The addresses a server is told to listen at, and what may be wrong with one.</summary>
internal static class ListenAddress
{
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
    public static bool IsLoopback(string url) =>
        // One that can't be read is refused for that.
        !TryParse(url, out var address) || address.IsUnixPipe || address.IsNamedPipe || IsLoopbackName(address.Host);

    /// <summary>Whether a host's name or address means this machine, whoever says it.</summary>
    public static bool IsLoopbackName(ReadOnlySpan<char> host) =>
        host.Equals("localhost", StringComparison.OrdinalIgnoreCase)
        || (IPAddress.TryParse(host, out var ip) && IPAddress.IsLoopback(ip));

    /// <summary>What an operator has to mend about an address, as one line; null where nothing is wrong.</summary>
    public static string? FaultOf(string url)
    {
        if (!TryParse(url, out var address))
            return $"'{url}' is no address to listen at; write one such as {WalletHost.DefaultUrl}.";
        if (!IsScheme(address, Uri.UriSchemeHttp) && !IsScheme(address, Uri.UriSchemeHttps))
            return $"'{url}' can't be listened at: only http and https are spoken here.";
        if (address.IsUnixPipe)
        {
            var directory = Path.GetDirectoryName(address.UnixPipePath);
            return Directory.Exists(directory) ? null
                : $"'{url}' can't be listened at: there is no directory {directory} for the socket; make it first.";
        }
        if (address.PathBase.Length > 0)
            return $"'{url}' can't be listened at: leave the path {address.PathBase} out, for the routes are fixed.";
        return address.Port is >= 0 and <= IPEndPoint.MaxPort ? null
            : $"'{url}' can't be listened at: ports go up to {IPEndPoint.MaxPort}.";
    }

    private static bool IsScheme(BindingAddress address, string scheme) =>
        address.Scheme.Equals(scheme, StringComparison.OrdinalIgnoreCase);

    private static bool TryParse(string url, [NotNullWhen(true)] out BindingAddress? address)
    {
        try
        {
            address = BindingAddress.Parse(url);
            return true;
        }
        catch (FormatException)
        {
            address = null;
            return false;
        }
    }

    private static string[] Split(string? list) =>
        (list ?? "").Split(';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
}
