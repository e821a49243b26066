using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Console;
using OrleansWallet.Api;
using OrleansWallet.Ledger;

namespace OrleansWallet.Bench;

/// <summary>The wallet's own front end over a wallet of this process, on a free port of the loopback address.</summary>
internal sealed class HttpFrontEnd : IAsyncDisposable
{
    private readonly WebApplication app;

    private HttpFrontEnd(WebApplication app) => this.app = app;

    public int Port => new Uri(app.Urls.First()).Port;

    public static async Task<HttpFrontEnd> StartAsync(IWallet wallet)
    {
        var builder = WalletHost.CreateBuilder(
        [
            "--urls=http://127.0.0.1:0", "--Logging:LogLevel:Default=Warning",
            "--Logging:LogLevel:Microsoft.Hosting.Lifetime=Warning",
        ]);
        // The table is on the other stream.
        builder.Services.Configure<ConsoleLoggerOptions>(log => log.LogToStandardErrorThreshold = LogLevel.Trace);
        builder.Services.AddSingleton(wallet).AddWalletApi(builder.Configuration);
        var app = builder.Build();
        app.MapWalletApi();
        await app.StartAsync();
        return new HttpFrontEnd(app);
    }

    public async ValueTask DisposeAsync()
    {
        await app.StopAsync();
        await app.DisposeAsync();
    }
}
