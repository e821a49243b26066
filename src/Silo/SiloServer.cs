using Orleans.Dashboard;
using OrleansWallet.Api;
using OrleansWallet.Grains;
using OrleansWallet.Partitions;
using OrleansWallet.Storage;
using OrleansWallet.Storage.Partitions;

namespace OrleansWallet.Silo;

/// <summary>The cluster edition: the same front end, over grains.</summary>
public static class SiloServer
{
    private const string DashboardRoute = "/dashboard";

    // Orleans tells much of its start and its membership; what an operator must know comes as a warning.
    private static readonly Dictionary<string, string?> Defaults = new()
    {
        ["Logging:LogLevel:Orleans"] = "Warning",
        ["Logging:LogLevel:OrleansWallet"] = "Information",
        ["Logging:LogLevel:Polly"] = "Warning",
        // It measures from its own start, and finds each process late by the machine's age.
        ["Logging:LogLevel:Orleans.Runtime.Watchdog"] = "Error",
    };

    private static readonly Dictionary<string, string> Switches = new() { ["--role"] = "Wallet:Role" };

    /// <summary>Composes the server from command line, environment and appsettings.json, as usual.</summary>
    public static WebApplication Build(string[] args, Action<WebApplicationBuilder>? also = null)
    {
        var builder = WalletHost.CreateBuilder(args);
        var configuration = builder.Configuration;
        ((IConfigurationBuilder)configuration).Sources.Insert(
            0, new Microsoft.Extensions.Configuration.Memory.MemoryConfigurationSource { InitialData = Defaults });
        configuration.AddCommandLine(args, Switches);
        var section = configuration.GetSection(ApiOptions.Section);
        builder.Services.AddOptions<SiloOptions>().Bind(section).ValidateDataAnnotations().ValidateOnStart();
        builder.Services.AddOptions<WalletClusterOptions>().Bind(section).ValidateDataAnnotations().ValidateOnStart();
        builder.Services.AddOptions<StateStoreOptions>().Bind(section).ValidateDataAnnotations().ValidateOnStart();
        builder.Services.AddOptions<PartitionOptions>().Bind(section).ValidateDataAnnotations().ValidateOnStart();
        builder.Services.AddOptions<PartitionStoreOptions>().Bind(section).ValidateDataAnnotations()
            .ValidateOnStart();
        builder.Services.AddWalletApi(configuration);
        builder.Services.AddClusterWallet();
        builder.Services.AddHostedService<ReadinessProbe>();
        builder.AddClusterTelemetry();
        // What the host is built by must be right before it is built.
        var options = section.Get<SiloOptions>() ?? new SiloOptions();
        if (options.Faults().FirstOrDefault() is { } fault) throw new StartException(fault);
        if (options.Role == SiloRole.Api) builder.UseWalletClient(options);
        else builder.UseWalletSilo(options);
        if (options.Ledger == LedgerKind.Partitions) builder.UsePartitions(options);
        also?.Invoke(builder);

        var app = builder.Build();
        if (options.Role == SiloRole.Silo) app.MapWalletService(MapDashboard);
        else app.MapWalletApi(MapDashboard);
        return app;
    }

    /// <summary>Runs the server until it is told to stop, and returns the process's exit code.</summary>
    public static Task<int> RunAsync(string[] args, TextWriter errors) => WalletHost.RunAsync(
        also => Build(args, also), errors, explainMore: e => e switch
        {
            StorageSetupException or StateUnavailableException => e.Message,
            Microsoft.AspNetCore.Connections.AddressInUseException =>
                "The silo's port is in use. Stop what listens there, or choose Wallet:SiloPort and Wallet:GatewayPort.",
            Orleans.Runtime.OrleansConfigurationException => $"The configuration is not valid: {e.Message}",
            Npgsql.NpgsqlException => $"PostgreSQL can't be used: {e.Message}",
            _ => null,
        });

    private static void MapDashboard(IEndpointRouteBuilder routes) =>
        routes.MapOrleansDashboard(DashboardRoute).RequireScope(Scopes.Operate).ExcludeFromDescription();
}
