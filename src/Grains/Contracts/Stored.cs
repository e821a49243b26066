using System.Diagnostics;
using OrleansWallet.Ledger;

namespace OrleansWallet.Grains;

/// <summary>Turns what is stored and sent back into the domain's values.</summary>
internal static class Stored
{
    /// <summary>An amount or a balance.</summary>
    public static Money Money(long minorUnits, ushort currency) => new(minorUnits, Currency(currency));

    /// <summary>A currency by its numeric code, which was checked when it was stored.</summary>
    public static Currency Currency(ushort numericCode) =>
        Ledger.Currency.TryFromNumericCode(numericCode, out var currency)
            ? currency
            : throw new UnreachableException($"The ledger holds currency {numericCode}, which its table lacks.");

    /// <summary>When the event of a sequence number was recorded.</summary>
    public static DateTimeOffset Time(long sequence) => Partition.FromMicros(HybridTime.MicrosOf(sequence));
}
