namespace OrleansWallet.Testing;

/// <summary>A theory that needs a PostgreSQL of its own; skipped, with the reason, where none is installed.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class PostgresTheoryAttribute : TheoryAttribute
{
    public PostgresTheoryAttribute()
    {
        if (PrivatePostgres.WhyMissing is { } reason) Skip = reason;
    }
}
