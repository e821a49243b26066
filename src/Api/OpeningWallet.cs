using Microsoft.Extensions.Options;
using OrleansWallet.Embedded;
using OrleansWallet.Ledger;

namespace OrleansWallet.Api;

/// <summary>Opens the embedded ledger; tests put something in its place that takes as long as they like.</summary>
internal delegate Task<EmbeddedWallet> LedgerOpener(
    EmbeddedOptions options, TimeProvider time, NoticeSink notice, CancellationToken cancel);

/// <summary>
/// The embedded wallet in its server's life: opened before the server listens (one that takes longer is recovered
/// while the server already says so), stopped after the last request was answered.
/// </summary>
internal sealed partial class OpeningWallet(
    LedgerOpener open, IOptions<EmbeddedOptions> options, TimeProvider time, IHostApplicationLifetime lifetime,
    ILogger<OpeningWallet> log) : IWallet, IHostedLifecycleService, IAsyncDisposable
{
    private const int OpenSecondsBeforeListening = 5;
    private const string NotOpen = "The ledger is being recovered, or has stopped.";

    private volatile EmbeddedWallet? opened;
    private Task opening = Task.CompletedTask;

    /// <summary>Why the wallet could not be opened or closed, if so; the process then ends with it.</summary>
    public Exception? Failure { get; private set; }

    /// <inheritdoc/>
    public Readiness Readiness => opened?.Readiness ?? new Readiness(false, NotOpen);

    private EmbeddedWallet Opened => opened ?? throw new WalletUnavailableException(NotOpen);

    /// <inheritdoc/>
    public ValueTask<TransferOutcome> TransferAsync(Transfer transfer, CancellationToken cancel = default) =>
        Opened.TransferAsync(transfer, cancel);

    /// <inheritdoc/>
    public ValueTask TransferManyAsync(
        ReadOnlyMemory<Transfer> transfers, Memory<TransferOutcome> outcomes, CancellationToken cancel = default) =>
        Opened.TransferManyAsync(transfers, outcomes, cancel);

    /// <inheritdoc/>
    public ValueTask<TransferView?> FindTransferAsync(TransactionId id, CancellationToken cancel = default) =>
        Opened.FindTransferAsync(id, cancel);

    /// <inheritdoc/>
    public ValueTask<AccountResult> OpenAccountAsync(
        AccountId id, Currency currency, CancellationToken cancel = default) =>
        Opened.OpenAccountAsync(id, currency, cancel);

    /// <inheritdoc/>
    public ValueTask<AccountResult> FindAccountAsync(AccountId id, AsOf asOf, CancellationToken cancel = default) =>
        Opened.FindAccountAsync(id, asOf, cancel);

    /// <inheritdoc/>
    public ValueTask<AccountResult> SetFrozenAsync(AccountId id, bool frozen, CancellationToken cancel = default) =>
        Opened.SetFrozenAsync(id, frozen, cancel);

    /// <inheritdoc/>
    public ValueTask<EntriesPage> ListEntriesAsync(
        AccountId id, int limit, string? cursor, CancellationToken cancel = default) =>
        Opened.ListEntriesAsync(id, limit, cursor, cancel);

    /// <inheritdoc/>
    public ValueTask<LedgerView> ReadLedgerAsync(bool fresh, CancellationToken cancel = default) =>
        Opened.ReadLedgerAsync(fresh, cancel);

    /// <inheritdoc/>
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        LogDirectory(Path.GetFullPath(options.Value.DataDirectory));
        opening = OpenAsync(lifetime.ApplicationStopping);
        var patience = TimeSpan.FromSeconds(OpenSecondsBeforeListening);
        await Task.WhenAny(opening, Task.Delay(patience, time, cancellationToken));
        if (opening.IsCompleted) await opening;
        else _ = StopOnFailureAsync();
    }

    /// <inheritdoc/>
    public async Task StoppedAsync(CancellationToken cancellationToken)
    {
        // Opening heeds the stop by itself; a wallet that came up meanwhile is closed like any other.
        await opening.WaitAsync(cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (!opening.IsCompleted) LogStoppedLate();
        if (Interlocked.Exchange(ref opened, null) is not { } wallet) return;
        try
        {
            // A ledger that stopped by itself is a failure of the process, however orderly its end.
            if (wallet.StoppedBecause is { } reason) Failure = new WalletUnavailableException(reason);
            await wallet.DisposeAsync().AsTask().WaitAsync(cancellationToken);
            LogClosed();
        }
        catch (OperationCanceledException)
        {
            // All that was answered is durable; only the snapshot is missing, and the next start replays instead.
            LogStoppedLate();
        }
    }

    /// <summary>Closes the wallet of a server that never came to its orderly stop, since it could not start.</summary>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref opened, null) is { } wallet) await wallet.DisposeAsync();
    }

    /// <inheritdoc/>
    public Task StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <inheritdoc/>
    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <inheritdoc/>
    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <inheritdoc/>
    public Task StoppingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    private async Task OpenAsync(CancellationToken cancel)
    {
        // Recovery is long work on the caller's thread as far as this class knows; the server must not wait for it.
        await Task.Yield();
        opened = await open(options.Value, time, Tell, cancel);
        LogOpened();
    }

    private async Task StopOnFailureAsync()
    {
        try
        {
            await opening;
        }
        catch (Exception e) when (!lifetime.ApplicationStopping.IsCancellationRequested)
        {
            // Whoever runs the server tells it and ends with it; here is nobody who could.
            Failure = e;
            lifetime.StopApplication();
        }
        catch (OperationCanceledException)
        {
            Tell(NoticeLevel.Information, "The server was stopped before the ledger was recovered.");
        }
    }

    private void Tell(NoticeLevel level, string text) => LogNotice(
        level switch
        {
            NoticeLevel.Information => LogLevel.Information,
            NoticeLevel.Warning => LogLevel.Warning,
            NoticeLevel.Critical => LogLevel.Critical,
            _ => throw new System.Diagnostics.UnreachableException($"{level}"),
        },
        text);

    [LoggerMessage(10, LogLevel.Information, "The ledger lies in {Directory}.")]
    private partial void LogDirectory(string directory);

    [LoggerMessage(11, LogLevel.Information, "The ledger is open.")]
    private partial void LogOpened();

    [LoggerMessage(12, LogLevel.Information, "The ledger is closed.")]
    private partial void LogClosed();

    [LoggerMessage(13, LogLevel.Warning, "The ledger was not closed in time; the next start takes longer.")]
    private partial void LogStoppedLate();

    [LoggerMessage(EventId = 14, Message = "{Notice}")]
    private partial void LogNotice(LogLevel level, string notice);
}
