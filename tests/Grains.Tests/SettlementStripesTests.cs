using OrleansWallet.Grains.Tests.Support;
using OrleansWallet.Ledger;

namespace OrleansWallet.Grains.Tests;

/// <summary>The keys of a settlement account's stripes.</summary>
public sealed class SettlementStripesTests
{
    private const int Stripes = 16;

    [Fact]
    public void Every_key_leads_back_to_its_account_and_its_currency()
    {
        foreach (var currency in Currency.All)
        {
            var keys = SettlementStripes.Keys(AccountId.Settlement(currency), Stripes);
            Assert.Equal(keys.Order(StringComparer.Ordinal), keys);
            Assert.Equal(Stripes, keys.Distinct().Count());
            foreach (var key in keys)
            {
                Assert.True(SettlementStripes.TryParse(key, Stripes, out var found));
                Assert.Equal(currency, found);
                Assert.Equal("settlement:" + currency.Code, SettlementStripes.AccountOf(key));
                Assert.False(AccountId.TryParse(key, out _));
            }
        }
    }

    [Theory]
    [InlineData("settlement:USD")]
    [InlineData("settlement:USD#16")]
    [InlineData("settlement:USD#-1")]
    [InlineData("settlement:USD#")]
    [InlineData("settlement:USD# 1")]
    [InlineData("settlement:XYZ#01")]
    [InlineData("settlement:usd#01")]
    [InlineData("settlement:#01")]
    [InlineData("alice#01")]
    [InlineData("alice")]
    public void Other_keys_are_no_stripes(string key) =>
        Assert.False(SettlementStripes.TryParse(key, Stripes, out _));

    [Fact]
    public void A_transfer_always_has_the_same_stripe_and_transfers_spread_over_all()
    {
        // Random ids, ids that count up, and ids that differ in their last or first bytes only.
        var random = new Random(7);
        var bytes = new byte[16];
        Func<int, Guid>[] kinds =
        [
            _ =>
            {
                random.NextBytes(bytes);
                return new Guid(bytes);
            },
            i => new Guid(i, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1),
            i => new Guid(1, 2, 3, 4, 5, 6, 7, 8, (byte)(i >> 16), (byte)(i >> 8), (byte)i),
            i => Guid.CreateVersion7(DateTimeOffset.UnixEpoch.AddMilliseconds(i)),
        ];
        foreach (var kind in kinds)
        {
            var ids = Enumerable.Range(0, 16_000).Select(kind).ToArray();
            var used = ids.CountBy(id => SettlementStripes.KeyFor(Ids.SettlementUsd, id, Stripes)).ToArray();
            Assert.Equal(Stripes, used.Length);
            Assert.All(used, each => Assert.InRange(each.Value, 700, 1_300));
            Assert.All(ids.Take(100), id => Assert.Equal(
                SettlementStripes.KeyFor(Ids.SettlementUsd, id, Stripes),
                SettlementStripes.KeyFor(Ids.SettlementUsd, id, Stripes)));
        }
    }
}
