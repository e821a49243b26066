namespace OrleansWallet.Api;

/// <summary>What a key may do.</summary>
[Flags]
public enum Scopes
{
    /// <summary>Nothing; also: no key needed.</summary>
    None = 0,
    /// <summary>Open accounts and move money between them.</summary>
    Transfer = 1,
    /// <summary>Read accounts, entries, transfers and the ledger.</summary>
    Read = 2,
    /// <summary>Freeze accounts and end that.</summary>
    Operate = 4,
    /// <summary>Move money out of settlement accounts, that is into the ledger.</summary>
    Treasury = 8,
    /// <summary>All of it.</summary>
    All = Transfer | Read | Operate | Treasury,
}

/// <summary>The scopes' names as configuration and headers write them.</summary>
internal static class ScopeNames
{
    private static readonly (string Name, Scopes Scope)[] Known =
    [
        ("transfer", Scopes.Transfer), ("read", Scopes.Read),
        ("operate", Scopes.Operate), ("treasury", Scopes.Treasury),
    ];

    public static bool TryParse(string name, out Scopes scope)
    {
        scope = Known.FirstOrDefault(known => known.Name.Equals(name, StringComparison.OrdinalIgnoreCase)).Scope;
        return scope != Scopes.None;
    }

    public static string NameOf(Scopes scope) => Known.First(known => known.Scope == scope).Name;
}
