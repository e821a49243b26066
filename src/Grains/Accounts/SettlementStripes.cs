using System.Globalization;
using System.Runtime.InteropServices;
using OrleansWallet.Ledger;

namespace OrleansWallet.Grains;

/// <summary>How many stripes each settlement account has; fixed when the ledger is made.</summary>
public sealed record StripeCount(int Value);

/// <summary>The keys of a settlement account's stripes: <c>settlement:USD#07</c>. No account id has a #.</summary>
internal static class SettlementStripes
{
    private const char Mark = '#';

    /// <summary>The stripe that a transfer uses, always the same one.</summary>
    public static string KeyFor(AccountId settlement, Guid transferId, int stripes) =>
        Key(settlement, (int)(Mix(transferId) % (uint)stripes));

    /// <summary>All stripes of a settlement account, in the order of their keys.</summary>
    public static string[] Keys(AccountId settlement, int stripes) =>
        [.. Enumerable.Range(0, stripes).Select(stripe => Key(settlement, stripe))];

    /// <summary>Which account a grain's key belongs to: the key itself, or a stripe's settlement account.</summary>
    public static string AccountOf(string key)
    {
        var mark = key.IndexOf(Mark);
        return mark < 0 ? key : key[..mark];
    }

    /// <summary>Whether a key is a stripe's, of which currency's settlement account.</summary>
    public static bool TryParse(string key, int stripes, out Currency currency)
    {
        currency = default;
        var mark = key.IndexOf(Mark);
        return mark > AccountId.SettlementPrefix.Length
            && key.StartsWith(AccountId.SettlementPrefix, StringComparison.Ordinal)
            && int.TryParse(key.AsSpan(mark + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var stripe)
            && stripe < stripes
            && Currency.TryParse(key.AsSpan(AccountId.SettlementPrefix.Length..mark), out currency);
    }

    /// <summary>Whether an id is that of a settlement account there is.</summary>
    public static bool Exists(AccountId id) => id.IsSettlement
        && Currency.TryParse(id.Value.AsSpan(AccountId.SettlementPrefix.Length), out _);

    // Of every version of UUID some words differ from one to the next. Every bit of them then counts for the lowest
    // (the finalizer of A. Appleby's MurmurHash3): ids may differ in their last byte only.
    private static uint Mix(Guid id)
    {
        Span<byte> bytes = stackalloc byte[16];
        id.TryWriteBytes(bytes);
        var words = MemoryMarshal.Cast<byte, uint>(bytes);
        var mixed = words[0] ^ words[1] ^ words[2] ^ words[3];
        mixed = (mixed ^ mixed >> 16) * 0x85EBCA6B;
        mixed = (mixed ^ mixed >> 13) * 0xC2B2AE35;
        return mixed ^ mixed >> 16;
    }

    private static string Key(AccountId settlement, int stripe) =>
        string.Create(CultureInfo.InvariantCulture, $"{settlement.Value}{Mark}{stripe:00}");
}
