using OrleansWallet.Testing;

namespace OrleansWallet.Storage.Tests.Support;

/// <summary>The tests that share it.</summary>
[CollectionDefinition(Name)]
public sealed class PostgresCollection : ICollectionFixture<PostgresServer>
{
    public const string Name = "a database";
}
