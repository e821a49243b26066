using OrleansWallet.Ledger;

namespace OrleansWallet.Grains.Tests;

/// <summary>A silo's clock gives numbers that grow, whatever the machine's clock does.</summary>
public sealed class NodeClockTests
{
    private static readonly TimeSpan SkewMax = TimeSpan.FromSeconds(30);

    [Fact]
    public void Many_threads_get_numbers_that_grow_for_each_and_none_is_given_twice()
    {
        var clock = NewClock(TimeProvider.System, 3);
        var given = new long[4][];
        Parallel.For(0, given.Length, thread =>
        {
            var mine = new long[20_000];
            for (var i = 0; i < mine.Length; i++) mine[i] = clock.Next(0);
            given[thread] = mine;
        });
        Assert.All(given, mine => Assert.Equal(mine.Order(), mine));
        var all = given.SelectMany(mine => mine).ToArray();
        Assert.Equal(all.Length, all.Distinct().Count());
        Assert.All(all, sequence => Assert.Equal(3, HybridTime.NodeOf(sequence)));
    }

    [Fact]
    public void Two_nodes_at_one_moment_never_give_the_same_number()
    {
        var time = new SetTime();
        var (one, other) = (NewClock(time, 1), NewClock(time, 2));
        var given = new HashSet<long>();
        for (var i = 0; i < 10_000; i++)
        {
            Assert.True(given.Add(one.Next(0)));
            Assert.True(given.Add(other.Next(0)));
        }
    }

    [Fact]
    public void The_next_number_is_above_what_was_seen_and_observed_and_given_before()
    {
        var time = new SetTime();
        var clock = NewClock(time, 1);
        var random = new Random(5);
        var highest = 0L;
        for (var i = 0; i < 10_000; i++)
        {
            // The machine's clock goes on, stands still, or is set back.
            time.Now += TimeSpan.FromMilliseconds(random.Next(-20, 21));
            var elsewhere = HybridTime.LastOf(Partition.ToMicros(time.Now.AddMilliseconds(random.Next(-50, 50))));
            switch (random.Next(3))
            {
                case 0:
                    clock.Observe(elsewhere);
                    highest = Math.Max(highest, elsewhere);
                    break;
                case 1:
                    var next = clock.Next(elsewhere);
                    Assert.True(next > highest && next > elsewhere);
                    highest = next;
                    break;
                default:
                    Assert.True(clock.Now >= highest);
                    break;
            }
        }
    }

    [Fact]
    public void A_number_is_past_for_all_once_the_slowest_clock_there_may_be_is_behind_it()
    {
        var time = new SetTime();
        var clock = NewClock(time, 1);
        var now = HybridTime.LastOf(Partition.ToMicros(time.Now));
        Assert.False(clock.IsPastForAll(now));
        time.Now += SkewMax - TimeSpan.FromMilliseconds(1);
        Assert.False(clock.IsPastForAll(now));
        time.Now += TimeSpan.FromMilliseconds(1);
        Assert.True(clock.IsPastForAll(now));
    }

    private static NodeClock NewClock(TimeProvider time, int node)
    {
        var clock = new NodeClock(time, SkewMax);
        clock.Become(node);
        return clock;
    }

    private sealed class SetTime : TimeProvider
    {
        public DateTimeOffset Now { get; set; } = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

        public override DateTimeOffset GetUtcNow() => Now;
    }
}
