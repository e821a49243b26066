using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Logging;
using OrleansWallet.Api;

namespace OrleansWallet.Cli.Tests;

/// <summary>The real server in this process, on a port that was free.</summary>
internal sealed class TestServer : IAsyncDisposable
{
    private readonly WebApplication app;

    private TestServer(WebApplication app) => this.app = app;

    public Uri Url => new(app.Urls.Single());

    /// <summary>Starts it over a directory; only whom the keys let in is served.</summary>
    public static async Task<TestServer> StartAsync(string directory, params string[] more)
    {
        // Small tables, since every test makes them anew.
        string[] args =
        [
            "--urls", "http://127.0.0.1:0", "--Wallet:DataDirectory", directory,
            "--Wallet:RecentTransactionsMax", "4096", "--Wallet:BatchTransfersMax", "10000", .. more,
        ];
        var app = EmbeddedServer.Build(args, builder => builder.Logging.ClearProviders());
        await app.StartAsync();
        return new TestServer(app);
    }

    public async ValueTask DisposeAsync()
    {
        await app.StopAsync();
        await app.DisposeAsync();
    }
}
