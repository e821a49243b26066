using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace OrleansWallet.Api.Tests;

/// <summary>The embedded server run in this process to its end, over a ledger that the test opens.</summary>
internal sealed class ServerInProcess : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly DirectoryInfo directory = Directory.CreateTempSubdirectory("wallet-opening-");
    private readonly StringWriter errors = new();
    private readonly TaskCompletionSource<Uri> listening = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Task<int> run;
    private IHostApplicationLifetime? lifetime;

    private ServerInProcess(LedgerOpener open, bool isImpatient, string[] settings)
    {
        string[] usual =
        [
            "--urls=http://127.0.0.1:0", $"--Wallet:DataDirectory={directory.FullName}",
            "--Logging:LogLevel:Default=None",
        ];
        run = EmbeddedServer.RunAsync([.. usual, .. settings], errors, builder =>
        {
            builder.Logging.ClearProviders();
            builder.Services.AddSingleton(open);
            builder.Services.AddHostedService(services => new Watch(this, services));
            if (isImpatient) builder.Services.AddSingleton<TimeProvider>(new ImpatientTime());
        });
    }

    /// <summary>Runs it; one that is impatient listens at once, however long the opening takes.</summary>
    public static ServerInProcess Start(LedgerOpener open, bool isImpatient, params string[] settings) =>
        new(open, isImpatient, settings);

    public Task<Uri> AddressAsync() => listening.Task.WaitAsync(Patience);

    /// <summary>Does what a signal to terminate does.</summary>
    public void Stop() => lifetime?.StopApplication();

    public async Task<(int ExitCode, string Errors)> EndAsync() =>
        (await run.WaitAsync(Patience), errors.ToString());

    public void Dispose()
    {
        directory.Delete(recursive: true);
        errors.Dispose();
    }

    private sealed class Watch : IHostedLifecycleService
    {
        private readonly ServerInProcess owner;
        private readonly IServer server;

        public Watch(ServerInProcess owner, IServiceProvider services)
        {
            this.owner = owner;
            server = services.GetRequiredService<IServer>();
            owner.lifetime = services.GetRequiredService<IHostApplicationLifetime>();
        }

        public Task StartedAsync(CancellationToken cancellationToken)
        {
            var addresses = server.Features.Get<IServerAddressesFeature>()?.Addresses ?? [];
            owner.listening.SetResult(new Uri(addresses.First()));
            return Task.CompletedTask;
        }

        public Task StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StoppingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }

    /// <summary>The machine's time, in which every wait is over at once.</summary>
    private sealed class ImpatientTime : TimeProvider
    {
        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) =>
            base.CreateTimer(callback, state, TimeSpan.Zero, period);
    }
}
