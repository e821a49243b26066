using System.ComponentModel.DataAnnotations;

namespace OrleansWallet.Api;

/// <summary>The keys that open the front end, <c>Wallet:Keys</c>. With none, only this machine is served.</summary>
public sealed record KeyOptions : IValidatableObject
{
    /// <summary>The keys.</summary>
    public KeyEntry[] Keys { get; init; } = [];

    /// <summary>Tells every fault of every key, so that no server starts with a key that can't be meant.</summary>
    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        for (var i = 0; i < Keys.Length; i++)
            foreach (var fault in Keys[i].Faults())
                yield return new ValidationResult($"Wallet:Keys:{i}: {fault}");
        var names = Keys.Where(key => key.Name.Length > 0).GroupBy(key => key.Name, StringComparer.Ordinal);
        foreach (var twice in names.Where(group => group.Count() > 1))
            yield return new ValidationResult($"Wallet:Keys: the name '{twice.Key}' is given twice.");
        var hashes = Keys.Where(key => key.Sha256.Length > 0)
            .GroupBy(key => key.Sha256, StringComparer.OrdinalIgnoreCase);
        foreach (var twice in hashes.Where(group => group.Count() > 1))
            yield return new ValidationResult(
                $"Wallet:Keys: {string.Join(" and ", twice.Select(key => key.Name))} are the same key.");
    }
}

/// <summary>One key, stored as its hash.</summary>
public sealed record KeyEntry
{
    /// <summary>What the operator calls it; never sent.</summary>
    public string Name { get; init; } = "";

    /// <summary>The SHA-256 of the key's UTF-8 bytes, 64 hexadecimal digits.</summary>
    public string Sha256 { get; init; } = "";

    /// <summary>What it may do: <c>transfer</c>, <c>read</c>, <c>operate</c>, <c>treasury</c>.</summary>
    public string[] Scopes { get; init; } = [];

    internal IEnumerable<string> Faults()
    {
        if (string.IsNullOrWhiteSpace(Name)) yield return "give the key a Name.";
        if (Sha256.Length != 64 || !Sha256.All(char.IsAsciiHexDigit))
            yield return "Sha256 must be the key's SHA-256, 64 hexadecimal digits.";
        if (Scopes.Length == 0) yield return "Scopes must name at least one of transfer, read, operate, treasury.";
        foreach (var scope in Scopes)
            if (!ScopeNames.TryParse(scope, out _))
                yield return $"'{scope}' is no scope; there are transfer, read, operate, treasury.";
    }
}
