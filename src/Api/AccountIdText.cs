using System.Diagnostics.CodeAnalysis;
using OrleansWallet.Ledger;

namespace OrleansWallet.Api;

/// <summary>Account ids as requests write them.</summary>
/// <remarks>
/// The ledger would take <c>.</c> and <c>..</c>, but in a path they are dot segments (RFC 3986, 5.2.4), which clients
/// and servers remove: such an account could be opened and never read. They are refused here and not in the ledger,
/// whose records must stay readable whatever they say.
/// </remarks>
internal static class AccountIdText
{
    public static bool TryParse([NotNullWhen(true)] string? text, out AccountId id) =>
        AccountId.TryParse(text, out id) && text is not ("." or "..");
}
