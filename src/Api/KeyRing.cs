using System.Collections.Frozen;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;
using Microsoft.Extensions.Options;

namespace OrleansWallet.Api;

/// <summary>
/// Tells what the sender of a request may do. Keys are known by their hashes only, and a key is hashed before it is
/// looked up, so the time of the look-up tells nothing about any stored key.
/// </summary>
public sealed class KeyRing
{
    private const string Scheme = "Bearer ";
    private const int KeyCharsMax = 512;

    private readonly FrozenDictionary<Hash, Scopes> scopesByHash;

    /// <summary>The keys of the configuration.</summary>
    public KeyRing(IOptions<KeyOptions> options) => scopesByHash = options.Value.Keys.ToFrozenDictionary(
        key => Hash.Of(Convert.FromHexString(key.Sha256)),
        key => key.Scopes.Aggregate(
            Scopes.None, (all, name) => ScopeNames.TryParse(name, out var one) ? all | one : all));

    /// <summary>Whether there are no keys, so that everyone who reaches the server may do everything.</summary>
    public bool IsEmpty => scopesByHash.Count == 0;

    /// <summary>What the sender may do. False where keys are asked for and none or a wrong one was sent.</summary>
    public bool TryFind(HttpRequest request, out Scopes scopes)
    {
        scopes = Scopes.All;
        if (IsEmpty) return true;
        scopes = Scopes.None;
        var headers = request.Headers.Authorization;
        return headers.Count == 1 && headers[0] is { } header
            && header.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase)
            && TryFind(header.AsSpan(Scheme.Length).Trim(' '), out scopes);
    }

    private bool TryFind(ReadOnlySpan<char> key, out Scopes scopes)
    {
        scopes = Scopes.None;
        if (key.Length is 0 or > KeyCharsMax) return false;
        Span<byte> text = stackalloc byte[KeyCharsMax * 3];
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(text[..Encoding.UTF8.GetBytes(key, text)], hash);
        return scopesByHash.TryGetValue(Hash.Of(hash), out scopes);
    }

    private readonly record struct Hash(ulong First, ulong Second, ulong Third, ulong Fourth)
    {
        public static Hash Of(ReadOnlySpan<byte> bytes) => MemoryMarshal.Read<Hash>(bytes);
    }
}
