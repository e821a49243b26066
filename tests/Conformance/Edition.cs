namespace OrleansWallet.Conformance;

/// <summary>
/// One edition of the wallet, as the suite starts it. <see cref="Usual"/> serves all tests of a class that don't need
/// a server of their own; it has no keys and the usual limits.
/// </summary>
public abstract class Edition : IAsyncLifetime
{
    private RunningServer? usual;

    public RunningServer Usual => usual ?? throw new InvalidOperationException("The edition is not started.");

    /// <summary>Starts a server with an empty ledger at a free port; settings are the command line's.</summary>
    public abstract Task<RunningServer> StartAsync(params string[] settings);

    public async Task InitializeAsync() => usual = await StartAsync();

    public async Task DisposeAsync()
    {
        if (usual is not null) await usual.DisposeAsync();
    }
}

/// <summary>A server that runs, and all it leaves behind.</summary>
public abstract class RunningServer : IAsyncDisposable
{
    /// <summary>Where it listens.</summary>
    public abstract Uri Address { get; }

    /// <summary>Stops it in an orderly way and starts it again over the same ledger.</summary>
    public abstract Task RestartAsync();

    /// <summary>Stops it and removes its ledger.</summary>
    public abstract ValueTask DisposeAsync();
}
