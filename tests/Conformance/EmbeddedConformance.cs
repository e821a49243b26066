using Microsoft.AspNetCore.Builder;
using OrleansWallet.Api;
using Xunit.Abstractions;

namespace OrleansWallet.Conformance;

/// <summary>The suite against the embedded edition.</summary>
public sealed class EmbeddedConformance(EmbeddedEdition edition, ITestOutputHelper output)
    : WalletConformance(edition, output), IClassFixture<EmbeddedEdition>;

/// <summary>The embedded edition in this process, on a directory of its own.</summary>
public sealed class EmbeddedEdition : Edition
{
    public override async Task<RunningServer> StartAsync(params string[] settings)
    {
        var server = new EmbeddedRun(settings);
        await server.StartAsync();
        return server;
    }

    private sealed class EmbeddedRun(string[] settings) : RunningServer
    {
        private readonly DirectoryInfo directory = Directory.CreateTempSubdirectory("wallet-conformance-");
        private WebApplication? app;

        public override Uri Address => new(app?.Urls.First() ?? throw new InvalidOperationException("It is stopped."));

        public async Task StartAsync()
        {
            string[] usual =
            [
                "--urls=http://127.0.0.1:0", $"--Wallet:DataDirectory={directory.FullName}",
                "--Logging:LogLevel:Default=Warning",
            ];
            app = EmbeddedServer.Build([.. usual, .. settings]);
            await app.StartAsync();
        }

        public override async Task RestartAsync()
        {
            await StopAsync();
            await StartAsync();
        }

        public override async ValueTask DisposeAsync()
        {
            await StopAsync();
            directory.Delete(recursive: true);
        }

        private async Task StopAsync()
        {
            if (app is null) return;
            await app.StopAsync();
            await app.DisposeAsync();
            app = null;
        }
    }
}
