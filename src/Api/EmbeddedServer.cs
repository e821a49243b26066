using OrleansWallet.Embedded;
using OrleansWallet.Ledger;

namespace OrleansWallet.Api;

/// <summary>The embedded edition: the front end over the single-machine engine.</summary>
public static class EmbeddedServer
{
    /// <summary>Composes the server from command line, environment and appsettings.json, as usual.</summary>
    public static WebApplication Build(string[] args, Action<WebApplicationBuilder>? also = null)
    {
        var builder = WalletHost.CreateBuilder(args);
        var configuration = builder.Configuration;
        builder.Services.AddOptions<EmbeddedOptions>().Bind(configuration.GetSection(ApiOptions.Section))
            .ValidateDataAnnotations().ValidateOnStart();
        builder.Services.AddWalletApi(configuration);
        builder.Services.AddSingleton<LedgerOpener>(EmbeddedWallet.OpenAsync);
        builder.Services.AddSingleton<OpeningWallet>();
        builder.Services.AddSingleton<IWallet>(services => services.GetRequiredService<OpeningWallet>());
        builder.Services.AddHostedService(services => services.GetRequiredService<OpeningWallet>());
        also?.Invoke(builder);

        var app = builder.Build();
        app.MapWalletApi();
        return app;
    }

    /// <summary>Runs the server until it is told to stop, and returns the process's exit code.</summary>
    public static Task<int> RunAsync(string[] args, TextWriter errors) => RunAsync(args, errors, _ => { });

    internal static Task<int> RunAsync(
        string[] args, TextWriter errors, Action<WebApplicationBuilder> more) => WalletHost.RunAsync(
        also => Build(args, also + more), errors, app => app.Services.GetRequiredService<OpeningWallet>().Failure,
        e => e is DataDirectoryException or WalletUnavailableException ? e.Message : null);
}
