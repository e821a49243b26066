using OrleansWallet.Testing;

namespace OrleansWallet.Storage.Tests.Support;

/// <summary>One server for all classes of the collection; each test has a database of its own.</summary>
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

/// <summary>The tests that share it.</summary>
[CollectionDefinition(Name)]
public sealed class PostgresCollection : ICollectionFixture<PostgresServer>
{
    public const string Name = "a database";
}
