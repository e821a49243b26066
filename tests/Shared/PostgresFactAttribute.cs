namespace OrleansWallet.Testing;

/// <summary>A test that needs a PostgreSQL of its own; skipped, with the reason, where none is installed.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class PostgresFactAttribute : FactAttribute
{
    public PostgresFactAttribute()
    {
        if (PrivatePostgres.WhyMissing is { } reason) Skip = reason;
    }
}
