using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.Configuration.Memory;
using Microsoft.Extensions.Options;
using OrleansWallet.Embedded;
using OrleansWallet.Ledger;

namespace OrleansWallet.Api;

/// <summary>The embedded edition: the front end over the single-machine engine.</summary>
public static class EmbeddedServer
{
    /// <summary>Where the server listens if nothing else is configured.</summary>
    public const string DefaultUrl = "http://127.0.0.1:5080";

    private const string KestrelCategory = "Microsoft.AspNetCore.Server.Kestrel";

    // Configuration can say otherwise. Requests are not logged: at this rate the log would be the work.
    private static readonly Dictionary<string, string?> Defaults = new()
    {
        ["Logging:LogLevel:Default"] = "Information",
        ["Logging:LogLevel:Microsoft"] = "Warning",
        ["Logging:LogLevel:Microsoft.AspNetCore.Hosting.Diagnostics"] = "None",
        ["Logging:LogLevel:Microsoft.Hosting.Lifetime"] = "Information",
        // What keeps the server from starting is told once, in one line, by Run.
        ["Logging:LogLevel:Microsoft.Extensions.Hosting.Internal.Host"] = "None",
    };

    /// <summary>Composes the server from command line, environment and appsettings.json, as usual.</summary>
    public static WebApplication Build(string[] args, Action<WebApplicationBuilder>? also = null)
    {
        var builder = WebApplication.CreateSlimBuilder(args);
        var configuration = builder.Configuration;
        var defaults = new MemoryConfigurationSource { InitialData = Defaults };
        ((IConfigurationBuilder)configuration).Sources.Insert(0, defaults);
        if (!LoopbackRule.Configured(configuration).Any()) builder.WebHost.UseUrls(DefaultUrl);
        builder.WebHost.UseKestrelHttpsConfiguration();
        builder.Logging.AddSimpleConsole(console =>
        {
            console.SingleLine = true;
            console.UseUtcTimestamp = true;
            console.TimestampFormat = "yyyy-MM-ddTHH:mm:ss.fffZ ";
        });

        builder.Services.AddOptions<EmbeddedOptions>().Bind(configuration.GetSection(ApiOptions.Section))
            .ValidateDataAnnotations().ValidateOnStart();
        builder.Services.AddWalletApi(configuration);
        builder.Services.AddSingleton<OpeningWallet>();
        builder.Services.AddSingleton<IWallet>(services => services.GetRequiredService<OpeningWallet>());
        builder.Services.AddHostedService(services => services.GetRequiredService<OpeningWallet>());
        also?.Invoke(builder);

        var app = builder.Build();
        app.MapWalletApi();
        return app;
    }

    /// <summary>
    /// Runs the server until it is told to stop, and returns the process's exit code: 0 after an orderly stop, 1
    /// where it could not start, with one line on <paramref name="errors"/> that tells why.
    /// </summary>
    public static async Task<int> RunAsync(string[] args, TextWriter errors)
    {
        try
        {
            var started = false;
            await using var app = Build(args, builder =>
                // Kestrel logs a failed start with its stack; the line written here says the same.
                builder.Logging.AddFilter(KestrelCategory, level =>
                    level >= LogLevel.Warning && (level != LogLevel.Critical || Volatile.Read(ref started))));
            await app.StartAsync();
            Volatile.Write(ref started, true);
            await app.WaitForShutdownAsync();
            if (app.Services.GetRequiredService<OpeningWallet>().Failure is { } failure) throw failure;
            return 0;
        }
        catch (Exception e) when (Explain(e) is { } line)
        {
            await errors.WriteLineAsync(line);
            return 1;
        }
    }

    // What an operator can mend is told in one line; anything else is a bug, and keeps its stack.
    private static string? Explain(Exception e) => e switch
    {
        AggregateException { InnerException: { } inner } => Explain(inner),
        OptionsValidationException invalid => $"The configuration is not valid: {string.Join(" ", invalid.Failures)}",
        DataDirectoryException or StartException => e.Message,
        InvalidOperationException
            when e.GetBaseException() is FormatException or OverflowException or ArgumentException =>
            $"The configuration is not valid: {e.Message}",
        IOException { InnerException: AddressInUseException } =>
            $"{e.Message} Stop what listens there, or choose another address with --urls.",
        IOException or System.Net.Sockets.SocketException or UnauthorizedAccessException or FormatException =>
            $"The server can't start: {e.Message}",
        _ => null,
    };
}
