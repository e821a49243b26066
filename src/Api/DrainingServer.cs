using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Options;

namespace OrleansWallet.Api;

/// <summary>
/// The server, with a time of its own to let requests under way end. Without it one slow client would use up all the
/// time an orderly stop may take, and what stops after the server, the ledger above all, would have none left.
/// </summary>
internal sealed class DrainingServer(IServer server, TimeSpan drainMax, TimeProvider time) : IServer
{
    public IFeatureCollection Features => server.Features;

    /// <summary>Puts it around the server that is registered, if one is.</summary>
    public static void Wrap(IServiceCollection services)
    {
        if (services.LastOrDefault(service => service.ServiceType == typeof(IServer)) is not
            { ImplementationType: { } type } registered)
            return;
        services.Remove(registered);
        services.AddSingleton<IServer>(provider => new DrainingServer(
            (IServer)ActivatorUtilities.CreateInstance(provider, type),
            TimeSpan.FromSeconds(provider.GetRequiredService<IOptions<ApiOptions>>().Value.DrainSecondsMax),
            provider.GetRequiredService<TimeProvider>()));
    }

    public Task StartAsync<TContext>(IHttpApplication<TContext> application, CancellationToken cancellationToken)
        where TContext : notnull => server.StartAsync(application, cancellationToken);

    public async Task StopAsync(CancellationToken cancellationToken)
    {
        using var late = new CancellationTokenSource(drainMax, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(late.Token, cancellationToken);
        // The server aborts the connections there still are when the token fires, and then it has stopped.
        await server.StopAsync(either.Token);
    }

    public void Dispose() => server.Dispose();
}
