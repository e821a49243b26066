namespace OrleansWallet.Api;

/// <summary>Says which scope an endpoint needs.</summary>
internal sealed record RequiredScope(Scopes Scope);

/// <summary>Gives endpoints the scope they need.</summary>
public static class RequiredScopeConventions
{
    /// <summary>
    /// Lets in only who has the scope. It works for the front end's own endpoints and for what a host maps beside
    /// them by <see cref="WalletApi.MapWalletApi"/>: the guard stands before those only.
    /// </summary>
    public static TBuilder RequireScope<TBuilder>(this TBuilder builder, Scopes scope)
        where TBuilder : IEndpointConventionBuilder => builder.WithMetadata(new RequiredScope(scope));
}
