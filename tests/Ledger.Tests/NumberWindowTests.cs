namespace OrleansWallet.Ledger.Tests;

public sealed class NumberWindowTests
{
    private struct Item : INumbered
    {
        public int Value;

        public readonly bool IsThere => Value != 0;
    }

    private readonly NumberWindow<Item> window = new();

    [Fact]
    public void It_begins_with_one_and_has_nothing()
    {
        Assert.Equal((1, 1, false), (window.First, window.Next, window.IsFull));
        Assert.False(window.Has(0));
        Assert.False(window.Has(1));
        Assert.Empty(window.Numbers());
    }

    [Fact]
    public void What_is_put_in_is_there_also_when_it_grows()
    {
        for (var number = 1; number <= 100; number++) Put(number);

        for (var number = 1; number <= 100; number++) Assert.Equal(number, window[number].Value);
        Assert.Equal(101, window.Next);
    }

    [Fact]
    public void Numbers_may_come_in_any_order_and_leave_gaps()
    {
        foreach (var number in new[] { 40, 3, 17 }) Put(number);

        Assert.Equal([3, 17, 40], window.Numbers());
        Assert.Equal((1, 41), (window.First, window.Next));
        window.SettleBelow(17);
        Assert.Equal([17, 40], window.Numbers());
        window.SettleBelow(50);
        Assert.Equal((50, 50), (window.First, window.Next));
        Assert.Empty(window.Numbers());
    }

    [Fact]
    public void The_first_moves_over_what_is_settled_and_stops_at_the_next_that_is_there()
    {
        for (var number = 1; number <= 5; number++) Put(number);

        window.Settle(2);
        Assert.Equal(1, window.First);
        window.Settle(1);
        Assert.Equal(3, window.First);
        foreach (var number in new[] { 5, 4, 3 }) window.Settle(number);
        Assert.Equal((6, 6), (window.First, window.Next));
    }

    // However many there were, only so many are kept.
    [Fact]
    public void A_ring_that_goes_round_forgets_what_was_there()
    {
        for (var number = 1; number <= 10_000; number++)
        {
            Put(number);
            if (number > 10) window.Settle(number - 10);
            Assert.False(window.Has(number - 10));
        }
        Assert.Equal(10_001, window.Next);
        window.SettleBelow(10_001);
        for (var number = 10_001; number < 10_033; number++) Assert.False(window.Has(number));
    }

    [Fact]
    public void It_is_full_when_it_is_as_wide_as_it_may_be()
    {
        for (var number = 1; number < NumberWindow<Item>.WidthMax; number++) Put(number);
        Assert.False(window.IsFull);
        Put(NumberWindow<Item>.WidthMax);
        Assert.True(window.IsFull);
        window.Settle(1);
        Assert.False(window.IsFull);
    }

    private void Put(int number) => window.Put(number, new Item { Value = number });
}
