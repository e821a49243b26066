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
        Int128 balance = all.Balance;
        foreach (ref readonly var stripe in stripes[1..])
        {
            // The sum is within the limits, but not that of the first few: two of them may be at one end.
            balance += stripe.Balance;
            all.Version += stripe.Version;
        }
        all.Balance = checked((long)balance);
        return all;
    }

    /// <summary>
    /// The stripe that has the most room for a debit or credit. Where all of them together have room, it has: were
    /// each too near to the limit, so were their sum.
    /// </summary>
    public static int Roomiest(ReadOnlySpan<Account> stripes, bool isDebit)
    {
        var roomiest = 0;
        for (var i = 1; i < stripes.Length; i++)
        {
            var (here, best) = (stripes[i].Balance, stripes[roomiest].Balance);
            if (isDebit ? here > best : here < best) roomiest = i;
        }
        return roomiest;
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
