namespace OrleansWallet.Testing;

/// <summary>One PostgreSQL for all tests that share it; each test has a database of its own.</summary>
public sealed class PostgresServer : IAsyncLifetime
{
    private PrivatePostgres? server;

    internal PrivatePostgres Running => server ?? throw new InvalidOperationException("PostgreSQL isn't installed.");

    public async Task InitializeAsync()
    {
        if (PrivatePostgres.WhyMissing is null) server = await PrivatePostgres.StartAsync();
    }

    public async Task DisposeAsync()
    {
        if (server is not null) await server.DisposeAsync();
    }
}
