using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;
using OrleansWallet.Ledger;

namespace OrleansWallet.Api;

/// <summary>The front end, for any host that has an <see cref="IWallet"/>.</summary>
public static class WalletApi
{
    /// <summary>
    /// Adds the front end's services and the server's limits. The host registers the <see cref="IWallet"/>. A server
    /// without keys that would listen beyond this machine then refuses to start.
    /// </summary>
    public static IServiceCollection AddWalletApi(this IServiceCollection services, IConfiguration configuration)
    {
        var section = configuration.GetSection(ApiOptions.Section);
        services.AddOptions<ApiOptions>().Bind(section).ValidateDataAnnotations().ValidateOnStart();
        services.AddOptions<KeyOptions>().Bind(section).ValidateDataAnnotations().ValidateOnStart();
        services.TryAddSingleton(TimeProvider.System);
        services.AddSingleton<KeyRing>();
        services.AddHostedService<LoopbackRule>();
        DrainingServer.Wrap(services);
        services.AddRouting();
        services.AddOpenApi(OpenApiDocuments.Name, OpenApiDocuments.Configure);
        services.ConfigureHttpJsonOptions(json =>
        {
            json.SerializerOptions.PropertyNamingPolicy = System.Text.Json.JsonNamingPolicy.SnakeCaseLower;
            json.SerializerOptions.NumberHandling = System.Text.Json.Serialization.JsonNumberHandling.Strict;
            json.SerializerOptions.Converters.Add(new Rfc3339Converter());
            json.SerializerOptions.TypeInfoResolverChain.Insert(0, BodiesJson.Default);
        });
        services.AddOptions<KestrelServerOptions>().Configure<IOptions<ApiOptions>>(
            (server, options) => Limit(server, options.Value));
        services.AddOptions<HostOptions>().Configure<IOptions<ApiOptions>>(
            (host, options) => host.ShutdownTimeout = TimeSpan.FromSeconds(options.Value.ShutdownSecondsMax));
        return services;
    }

    /// <summary>
    /// Maps everything the contract names, and the answer to all it doesn't. What a host has beside it is mapped by
    /// <paramref name="also"/>, behind the same guard: give each endpoint there its scope by
    /// <see cref="RequiredScopeConventions.RequireScope"/>, for one without is open to everybody.
    /// </summary>
    public static void MapWalletApi(this IEndpointRouteBuilder routes, Action<IEndpointRouteBuilder>? also = null)
    {
        var services = routes.ServiceProvider;
        var wallet = services.GetRequiredService<IWallet>();
        var keys = services.GetRequiredService<KeyRing>();
        var options = services.GetRequiredService<IOptions<ApiOptions>>().Value;
        routes.MapWalletService(all =>
        {
            var resources = all.MapGroup("/v1/wallet");
            new TransferEndpoints(wallet, keys, options).Map(resources);
            new AccountEndpoints(wallet, options).Map(resources);
            new LedgerEndpoints(wallet).Map(resources);
            also?.Invoke(all);
        });
    }

    /// <summary>
    /// Maps what every process of the wallet tells of itself, its health, and the answer to all that isn't there; for
    /// one that serves no callers, this is all.
    /// </summary>
    public static void MapWalletService(this IEndpointRouteBuilder routes, Action<IEndpointRouteBuilder>? also = null)
    {
        var services = routes.ServiceProvider;
        var guard = new Guard(
            services.GetRequiredService<KeyRing>(), services.GetRequiredService<IOptions<ApiOptions>>().Value,
            services.GetRequiredService<ILogger<Guard>>());
        var all = routes.MapGroup("");
        ((IEndpointConventionBuilder)all).Finally(guard.Wrap);
        new ServiceEndpoints(services.GetRequiredService<IWallet>()).Map(all);
        also?.Invoke(all);
    }

    private static void Limit(KestrelServerOptions server, ApiOptions options)
    {
        server.AddServerHeader = false;
        var limits = server.Limits;
        // Bodies are measured as they are read; beyond twice the limit the server doesn't even listen to the rest.
        limits.MaxRequestBodySize = 2L * options.BodyBytesMax;
        limits.MaxConcurrentConnections = options.ConnectionsMax;
        limits.MaxConcurrentUpgradedConnections = options.ConnectionsMax;
        limits.MaxRequestHeadersTotalSize = options.HeaderBytesMax;
        limits.MaxRequestLineSize = Math.Min(limits.MaxRequestLineSize, options.HeaderBytesMax);
        limits.RequestHeadersTimeout = TimeSpan.FromSeconds(options.HeaderSecondsMax);
        limits.KeepAliveTimeout = TimeSpan.FromSeconds(options.KeepAliveSeconds);
        limits.MinRequestBodyDataRate = new MinDataRate(
            options.BodyBytesPerSecondMin, TimeSpan.FromSeconds(options.BodyGraceSeconds));
    }
}
