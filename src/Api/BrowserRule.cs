namespace OrleansWallet.Api;

/// <summary>
/// Without keys only the machine itself is served, and its browser is on that machine too: any page it shows could
/// send requests. So a page must not get in under a name of its own that it points at this machine, and must not
/// send what changes something from elsewhere.
/// </summary>
/// <remarks>
/// DNS rebinding and cross-site request forgery. Reads from another origin need no refusal: a browser doesn't show
/// the page their answers, since no answer here allows that.
/// </remarks>
internal static class BrowserRule
{
    private const string FetchSite = "Sec-Fetch-Site";

    /// <summary>Why a request is refused where there are no keys; null where it isn't.</summary>
    public static Problem? Refuse(HttpRequest request)
    {
        var host = request.Headers.Host.ToString();
        if (!IsThisMachine(host)) return Problems.ForbiddenHost;
        return HttpMethods.IsGet(request.Method) || HttpMethods.IsHead(request.Method) || IsSameOrigin(request, host)
            ? null
            : Problems.ForbiddenOrigin;
    }

    private static bool IsThisMachine(ReadOnlySpan<char> host)
    {
        // The port is what follows the last colon, unless that one stands inside an IPv6 address's brackets.
        var colon = host.LastIndexOf(':');
        return ListenAddress.IsLoopbackName(colon > host.LastIndexOf(']') ? host[..colon] : host);
    }

    private static bool IsSameOrigin(HttpRequest request, string host)
    {
        var headers = request.Headers;
        var origin = headers.Origin;
        if (origin.Count > 0 && !(origin.Count == 1 && IsOriginOf(origin[0], request.Scheme, host))) return false;
        return !headers.TryGetValue(FetchSite, out var site) || (string?)site is "same-origin" or "none";
    }

    private static bool IsOriginOf(string? origin, string scheme, string host)
    {
        const string separator = "://";
        return origin is not null && origin.Length == scheme.Length + separator.Length + host.Length
            && origin.StartsWith(scheme, StringComparison.OrdinalIgnoreCase)
            && origin.AsSpan(scheme.Length).StartsWith(separator, StringComparison.Ordinal)
            && origin.EndsWith(host, StringComparison.OrdinalIgnoreCase);
    }
}
