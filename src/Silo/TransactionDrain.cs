using OrleansWallet.Grains;

namespace OrleansWallet.Silo;

/// <summary>
/// Lets this silo's transactions end before it leaves. Front ends take theirs to other silos meanwhile; a grain that
/// Orleans sends away in the middle of one would hold it up until a time-out.
/// </summary>
internal sealed partial class TransactionDrain(Transactions transactions, ILogger<TransactionDrain> log)
    : IHostedLifecycleService
{
    private static readonly TimeSpan DrainMax = TimeSpan.FromSeconds(5);

    /// <inheritdoc/>
    public async Task StoppingAsync(CancellationToken cancellationToken)
    {
        try
        {
            await transactions.DrainAsync().WaitAsync(DrainMax, cancellationToken);
        }
        catch (TimeoutException)
        {
            LogLate(DrainMax.TotalSeconds);
        }
    }

    /// <inheritdoc/>
    public Task StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <inheritdoc/>
    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <inheritdoc/>
    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <inheritdoc/>
    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <inheritdoc/>
    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    [LoggerMessage(1, LogLevel.Warning,
        "Transactions are still under way after {Seconds} s; the silo stops all the same.")]
    private partial void LogLate(double seconds);
}
