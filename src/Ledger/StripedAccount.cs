namespace OrleansWallet.Ledger;

/// <summary>
/// A settlement account in stripes, so that deposits don't wait for each other. Each stripe holds a part of the
/// balance and a share of the room there is up to the limits on both sides; while each stays within its share, their
/// sum is within the limits, and no stripe needs to ask another. Where one would leave its share, all are looked at
/// together: the sum decides, and the room that is left is shared out anew.
/// </summary>
public static class StripedAccount
{
    /// <summary>The share a stripe begins with, when all are at zero.</summary>
    public static StripeShare FirstShare(int stripes) =>
        new(-(Money.MinorUnitsMax / stripes), Money.MinorUnitsMax / stripes);

    /// <summary>The account that all stripes are together.</summary>
    public static Account Together(ReadOnlySpan<Account> stripes)
    {
        var all = stripes[0];
        foreach (ref readonly var stripe in stripes[1..])
        {
            all.Balance = checked(all.Balance + stripe.Balance);
            all.Version += stripe.Version;
        }
        return all;
    }

    /// <summary>Shares the room out that is left to the limits. The shares' sums keep within the limits.</summary>
    public static void Share(ReadOnlySpan<Account> stripes, Span<StripeShare> shares)
    {
        // From one limit to the other is more than a long holds.
        Int128 sum = Together(stripes).Balance;
        var below = (sum + Money.MinorUnitsMax) / stripes.Length;
        var above = (Money.MinorUnitsMax - sum) / stripes.Length;
        for (var i = 0; i < stripes.Length; i++)
            shares[i] = new StripeShare(Limited(stripes[i].Balance - below), Limited(stripes[i].Balance + above));
    }

    private static long Limited(Int128 balance) =>
        (long)Int128.Clamp(balance, -Money.MinorUnitsMax, Money.MinorUnitsMax);
}

/// <summary>Between which balances, in minor units, a stripe needs to ask no other.</summary>
public readonly record struct StripeShare(long Lowest, long Highest)
{
    /// <summary>Whether a balance is within the share.</summary>
    public bool Holds(Int128 balance) => balance >= Lowest && balance <= Highest;
}
