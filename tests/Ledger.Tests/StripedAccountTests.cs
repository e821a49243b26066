using FsCheck;
using FsCheck.Fluent;

namespace OrleansWallet.Ledger.Tests;

/// <summary>A settlement account in stripes keeps the limits of one.</summary>
public sealed class StripedAccountTests
{
    private const long Max = Money.MinorUnitsMax;
    private static readonly Currency Usd = Currency.Parse("USD");

    private static readonly Gen<long> Amount = Gen.Frequency(
        (3, Gen.Choose(1, 1_000).Select(small => (long)small)),
        (2, Properties.Between(1, Max)),
        (1, Gen.Choose(0, 3).Select(less => Max - less)));

    // Amounts out (below zero) and in, each asked of some stripe.
    private static readonly Arbitrary<(int Stripes, (long Amount, int Stripe)[] Moves)> Runs = Arb.From(
        from stripes in Gen.Choose(1, 16)
        from moves in Gen.ArrayOf(
            from amount in Amount
            from isOut in Gen.Elements(true, false)
            from stripe in Gen.Choose(0, 15)
            select (isOut ? -amount : amount, stripe))
        select (stripes, moves));

    [Fact]
    public void What_one_account_would_take_the_stripes_take_and_nothing_else() => Properties.Hold(Runs, run =>
    {
        var stripes = NewStripes(run.Stripes);
        var shares = new StripeShare[run.Stripes];
        Array.Fill(shares, StripedAccount.FirstShare(run.Stripes));
        Int128 balance = 0;
        foreach (var (amount, asked) in run.Moves)
        {
            var at = asked % run.Stripes;
            var fits = Int128.Abs(balance + amount) <= Max;
            if (shares[at].Holds((Int128)stripes[at].Balance + amount))
            {
                Assert.True(fits, "A stripe within its share passed the limits of all.");
                stripes[at].Balance += amount;
            }
            else
            {
                Assert.Equal((long)balance, StripedAccount.Together(stripes).Balance);
                if (!fits) continue;
                at = StripedAccount.Roomiest(stripes, isDebit: amount < 0);
                Assert.InRange((Int128)stripes[at].Balance + amount, -Max, Max);
                stripes[at].Balance += amount;
                StripedAccount.Share(stripes, shares);
            }
            balance += amount;
            Assert.True(Sum(shares, share => share.Lowest) >= -Max);
            Assert.True(Sum(shares, share => share.Highest) <= Max);
            for (var i = 0; i < run.Stripes; i++) Assert.True(shares[i].Holds(stripes[i].Balance));
        }
    }, tests: 500);

    [Fact]
    public void Two_stripes_at_one_end_do_not_overflow_the_sum()
    {
        var stripes = NewStripes(4);
        (stripes[0].Balance, stripes[1].Balance) = (-Max, -Max);
        (stripes[2].Balance, stripes[3].Balance) = (Max, Max - 5);
        (stripes[0].Version, stripes[3].Version) = (3, 4);
        Assert.Equal((-5, 7), (StripedAccount.Together(stripes).Balance, StripedAccount.Together(stripes).Version));
        Assert.Equal(2, StripedAccount.Roomiest(stripes, isDebit: true));
        Assert.Equal(0, StripedAccount.Roomiest(stripes, isDebit: false));
    }

    private static Account[] NewStripes(int count)
    {
        var stripes = new Account[count];
        Array.Fill(stripes, Account.Opened(Usd, isSettlement: true));
        return stripes;
    }

    private static Int128 Sum(StripeShare[] shares, Func<StripeShare, long> part) =>
        shares.Aggregate(Int128.Zero, (sum, share) => sum + part(share));
}
