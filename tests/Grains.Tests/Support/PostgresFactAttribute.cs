using OrleansWallet.Testing;

namespace OrleansWallet.Grains.Tests.Support;

// A test that needs a PostgreSQL of its own; skipped, with the reason, where there is none.
[AttributeUsage(AttributeTargets.Method)]
internal sealed class PostgresFactAttribute : FactAttribute
{
    public PostgresFactAttribute() => Skip = PrivatePostgres.WhyMissing;
}
