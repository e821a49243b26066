using Microsoft.AspNetCore.Http;

namespace OrleansWallet.Api.Tests;

/// <summary>Without keys: who may be a page in a browser of this machine.</summary>
public sealed class BrowserRuleTests
{
    [Theory]
    [InlineData("localhost", true)]
    [InlineData("LocalHost:5080", true)]
    [InlineData("127.0.0.1", true)]
    [InlineData("127.8.9.10:80", true)]
    [InlineData("[::1]", true)]
    [InlineData("[::1]:5080", true)]
    [InlineData("", false)]
    [InlineData("wallet", false)]
    [InlineData("evil.example", false)]
    [InlineData("evil.example:5080", false)]
    [InlineData("localhost.evil.example", false)]
    [InlineData("127.0.0.1.evil.example", false)]
    [InlineData("localhost:5080:80", false)]
    [InlineData("192.168.0.7", false)]
    [InlineData("[::]:80", false)]
    [InlineData("[fe80::1]", false)]
    public void A_server_without_keys_answers_to_this_machines_names_only(string host, bool isLetIn)
    {
        foreach (var method in new[] { "GET", "POST" })
            Assert.Equal(isLetIn ? null : Problems.ForbiddenHost, BrowserRule.Refuse(Request(method, host)));
    }

    [Theory]
    [InlineData(null, null, true)]
    [InlineData("http://localhost:5080", null, true)]
    [InlineData("http://localhost:5080", "same-origin", true)]
    [InlineData(null, "none", true)]
    [InlineData(null, "cross-site", false)]
    [InlineData(null, "same-site", false)]
    [InlineData("http://localhost:5080", "cross-site", false)]
    [InlineData("null", null, false)]
    [InlineData("", null, false)]
    [InlineData("https://localhost:5080", null, false)]
    [InlineData("http://localhost:3000", null, false)]
    [InlineData("http://localhost", null, false)]
    [InlineData("http://evil.example", null, false)]
    [InlineData("http://xlocalhost:5080", null, false)]
    public void A_page_from_elsewhere_changes_nothing(string? origin, string? site, bool isLetIn)
    {
        foreach (var method in new[] { "POST", "PUT", "DELETE", "PATCH" })
            Assert.Equal(
                isLetIn ? null : Problems.ForbiddenOrigin,
                BrowserRule.Refuse(Request(method, "localhost:5080", origin, site)));
        foreach (var method in new[] { "GET", "HEAD" })
            Assert.Null(BrowserRule.Refuse(Request(method, "localhost:5080", origin, site)));
    }

    private static HttpRequest Request(string method, string host, string? origin = null, string? site = null)
    {
        var request = new DefaultHttpContext().Request;
        (request.Method, request.Scheme) = (method, "http");
        request.Headers.Host = host;
        if (origin is not null) request.Headers.Origin = origin;
        if (site is not null) request.Headers["Sec-Fetch-Site"] = site;
        return request;
    }
}
