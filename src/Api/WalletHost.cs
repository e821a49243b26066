using Microsoft.Extensions.Configuration.Memory;

namespace OrleansWallet.Api;

/// <summary>
/// What the hosts of all editions share: how the server is set up before its services are, and how it runs. An
/// operator meets the same log, the same addresses and the same one-line explanations, whichever edition it is.
/// </summary>
public static class WalletHost
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
        // What keeps the server from starting is told once, in one line, by RunAsync.
        ["Logging:LogLevel:Microsoft.Extensions.Hosting.Internal.Host"] = "None",
    };

    /// <summary>
    /// Begins a server on command line, environment and appsettings.json, as usual, with the wallet's defaults for
    /// what none of them says.
    /// </summary>
    public static WebApplicationBuilder CreateBuilder(string[] args)
    {
        var builder = WebApplication.CreateSlimBuilder(args);
        var configuration = builder.Configuration;
        var defaults = new MemoryConfigurationSource { InitialData = Defaults };
        ((IConfigurationBuilder)configuration).Sources.Insert(0, defaults);
        if (!ListenAddress.Configured(configuration).Any()) builder.WebHost.UseUrls(DefaultUrl);
        builder.WebHost.UseKestrelHttpsConfiguration();
        builder.Logging.AddSimpleConsole(console =>
        {
            console.SingleLine = true;
            console.UseUtcTimestamp = true;
            console.TimestampFormat = "yyyy-MM-ddTHH:mm:ss.fffZ ";
        });
        return builder;
    }

    /// <summary>
    /// Runs a server until it is told to stop, and returns the process's exit code: 0 after an orderly stop, 1 where
    /// it could not start or failed, with one line on <paramref name="errors"/> that tells why.
    /// </summary>
    /// <param name="build">Builds the server; it hands its builder to the action before it does.</param>
    /// <param name="errors">Where the line goes.</param>
    /// <param name="failure">What made a running server stop by itself, asked for at its end; null if nothing.</param>
    /// <param name="explainMore">
    /// The line for what only this edition throws and an operator can mend; null for everything else.
    /// </param>
    public static async Task<int> RunAsync(
        Func<Action<WebApplicationBuilder>, WebApplication> build, TextWriter errors,
        Func<WebApplication, Exception?>? failure = null, Func<Exception, string?>? explainMore = null)
    {
        try
        {
            var started = false;
            await using var app = build(builder =>
                // Kestrel logs a failed start with its stack; the line written here says the same.
                builder.Logging.AddFilter(KestrelCategory, level =>
                    level >= LogLevel.Warning && (level != LogLevel.Critical || Volatile.Read(ref started))));
            if (!await StartAsync(app)) return 0;
            Volatile.Write(ref started, true);
            await app.WaitForShutdownAsync();
            if (failure?.Invoke(app) is { } cause) throw cause;
            return 0;
        }
        catch (Exception e) when (StartFault.Explain(e, explainMore) is { } line)
        {
            await errors.WriteLineAsync(line);
            return 1;
        }
    }

    // False where the server was told to stop before it was up. That is no failure: it closes what it had opened.
    private static async Task<bool> StartAsync(WebApplication app)
    {
        try
        {
            await app.StartAsync();
            return true;
        }
        catch (OperationCanceledException) when (app.Lifetime.ApplicationStopping.IsCancellationRequested)
        {
            await app.StopAsync();
            return false;
        }
        catch (Exception e) when (StartFault.OfListening(e, app.Configuration) is { } fault)
        {
            throw fault;
        }
    }
}
