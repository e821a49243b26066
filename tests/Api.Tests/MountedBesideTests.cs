using System.Net;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using OrleansWallet.Ledger;

namespace OrleansWallet.Api.Tests;

/// <summary>What a host maps beside the contract stands behind the same guard.</summary>
public sealed class MountedBesideTests
{
    [Fact]
    public async Task What_a_host_mounts_beside_is_for_who_has_its_scope()
    {
        string[] keys = [.. Key(0, "reader", "read"), .. Key(1, "operator", "operate")];
        await using var app = await StartAsync(keys);
        Assert.Equal(HttpStatusCode.Unauthorized, await AskAsync(app, null));
        Assert.Equal(HttpStatusCode.Forbidden, await AskAsync(app, "reader"));
        Assert.Equal(HttpStatusCode.OK, await AskAsync(app, "operator"));
        Assert.Equal(HttpStatusCode.OK, await AskAsync(app, "operator", host: "wallet.example"));
    }

    [Fact]
    public async Task Without_keys_it_is_this_machines_alone()
    {
        await using var app = await StartAsync();
        Assert.Equal(HttpStatusCode.OK, await AskAsync(app, null));
        Assert.Equal(HttpStatusCode.Forbidden, await AskAsync(app, null, host: "evil.example"));
    }

    private static async Task<WebApplication> StartAsync(params string[] settings)
    {
        var builder = WebApplication.CreateSlimBuilder(settings);
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Services.AddSingleton<IWallet>(new FakeWallet()).AddWalletApi(builder.Configuration);
        var app = builder.Build();
        app.MapWalletApi(beside => beside.MapGroup("/beside").RequireScope(Scopes.Operate)
            .MapGet("/{**path}", context => context.Response.WriteAsync("seen")));
        await app.StartAsync();
        return app;
    }

    private static async Task<HttpStatusCode> AskAsync(WebApplication app, string? key, string? host = null)
    {
        using var http = new HttpClient { BaseAddress = new Uri(app.Urls.First()) };
        using var request = new HttpRequestMessage(HttpMethod.Get, "/beside/anything");
        if (key is not null) request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", key);
        request.Headers.Host = host;
        using var reply = await http.SendAsync(request);
        return reply.StatusCode;
    }

    private static string[] Key(int index, string key, string scope) =>
    [
        $"--Wallet:Keys:{index}:Name={key}", $"--Wallet:Keys:{index}:Scopes:0={scope}",
        $"--Wallet:Keys:{index}:Sha256={Convert.ToHexString(SHA256.HashData(Encoding.UTF8.GetBytes(key)))}",
    ];
}
