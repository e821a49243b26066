using System.Security.Cryptography;
using System.Text;
using Xunit.Abstractions;

namespace OrleansWallet.Conformance;

/// <summary>
/// The contract, over real connections; every edition has a class that inherits it. Tests share a server and so name
/// accounts of their own; nothing here knows another test's.
/// </summary>
public abstract partial class WalletConformance(Edition edition, ITestOutputHelper output) : IDisposable
{
    private readonly WalletClient wallet = new(edition.Usual);

    private ITestOutputHelper Output { get; } = output;

    public void Dispose()
    {
        wallet.Dispose();
        GC.SuppressFinalize(this);
    }

    /// <summary>The settings that make a key known.</summary>
    protected static string[] Key(int index, string key, params string[] scopes) =>
    [
        $"--Wallet:Keys:{index}:Name={key}",
        $"--Wallet:Keys:{index}:Sha256={Convert.ToHexString(SHA256.HashData(Encoding.UTF8.GetBytes(key)))}",
        .. scopes.Select((scope, i) => $"--Wallet:Keys:{index}:Scopes:{i}={scope}"),
    ];
}
