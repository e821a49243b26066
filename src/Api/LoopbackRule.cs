using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;

namespace OrleansWallet.Api;

/// <summary>
/// Without keys everyone who reaches the server may do everything, so then it may be reached from its own machine
/// only. Looked at before the server binds, in all that is configured, and once more in what it did bind.
/// </summary>
internal sealed class LoopbackRule(IConfiguration configuration, IServer server, KeyRing keys) : IHostedLifecycleService
{
    public Task StartingAsync(CancellationToken cancellationToken)
    {
        var urls = ListenAddress.Configured(configuration).Concat(Bound()).ToArray();
        // The server would say these in words of its own, and in a stack.
        if (urls.Select(ListenAddress.FaultOf).FirstOrDefault(fault => fault is not null) is { } fault)
            throw new StartException(fault);
        Check(urls);
        return Task.CompletedTask;
    }

    public Task StartedAsync(CancellationToken cancellationToken)
    {
        Check(Bound());
        return Task.CompletedTask;
    }

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    private void Check(IEnumerable<string> urls)
    {
        if (!keys.IsEmpty || urls.FirstOrDefault(url => !ListenAddress.IsLoopback(url)) is not { } url) return;
        throw new StartException(
            $"No keys are configured, so everyone who can reach {url} could move money. Configure Wallet:Keys, or " +
            $"listen at a loopback address such as {WalletHost.DefaultUrl}.");
    }

    private IEnumerable<string> Bound() => server.Features.Get<IServerAddressesFeature>()?.Addresses ?? [];
}

/// <summary>The server can't start as it is configured; the message tells the operator what to do.</summary>
public sealed class StartException(string message) : Exception(message);
