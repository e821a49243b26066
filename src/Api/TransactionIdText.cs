using OrleansWallet.Ledger;

namespace OrleansWallet.Api;

/// <summary>Transaction ids as callers write them.</summary>
internal static class TransactionIdText
{
    private static readonly System.Buffers.SearchValues<char> Allowed =
        System.Buffers.SearchValues.Create("0123456789abcdefABCDEF-");

    /// <summary>Reads the hyphenated form, either case.</summary>
    public static bool TryParse(ReadOnlySpan<char> text, out TransactionId id)
    {
        id = default;
        // The base library's "exact" form also takes signs and 0x inside the groups; the contract doesn't.
        return !text.ContainsAnyExcept(Allowed) && TransactionId.TryParse(text, out id);
    }
}
