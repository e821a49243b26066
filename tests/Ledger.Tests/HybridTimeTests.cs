using FsCheck;
using FsCheck.Fluent;

namespace OrleansWallet.Ledger.Tests;

/// <summary>Sequence numbers that a hybrid logical clock gives.</summary>
public sealed class HybridTimeTests
{
    private static readonly long Epoch = Partition.ToMicros(new DateTimeOffset(2020, 1, 1, 0, 0, 0, TimeSpan.Zero));
    private static readonly long Last = Partition.ToMicros(new DateTimeOffset(2300, 1, 1, 0, 0, 0, TimeSpan.Zero));

    private static readonly Arbitrary<(long Seen, long Now, int Node)> Readings = Arb.From(
        from seen in Properties.Between(0, HybridTime.LastOf(Last))
        from now in Properties.Between(Epoch, Last)
        from node in Gen.Choose(0, HybridTime.NodesMax - 1)
        select (seen, now, node));

    [Fact]
    public void The_next_reading_is_above_what_was_seen_and_not_before_the_clocks_time() =>
        Properties.Hold(Readings, reading =>
        {
            var next = HybridTime.Next(reading.Seen, reading.Now, reading.Node);
            Assert.True(next > reading.Seen);
            Assert.True(HybridTime.MicrosOf(next) >= reading.Now);
            Assert.Equal(reading.Node, HybridTime.NodeOf(next));
            // Never further ahead than what it has seen.
            Assert.True(HybridTime.MicrosOf(next) <= Math.Max(reading.Now, HybridTime.MicrosOf(reading.Seen) + 1));
        }, tests: 1_000);

    [Fact]
    public void The_reading_of_an_event_is_what_its_node_gave() =>
        Properties.Hold(Readings, reading => Assert.Equal(
            HybridTime.Next(0, reading.Now, reading.Node), HybridTime.Of(reading.Now, reading.Node)));

    [Fact]
    public void The_last_of_a_microsecond_is_above_all_readings_of_it_and_below_all_of_the_next() =>
        Properties.Hold(Readings, reading =>
        {
            var next = HybridTime.Next(0, reading.Now, reading.Node);
            Assert.True(HybridTime.LastOf(reading.Now) >= next);
            Assert.True(HybridTime.LastOf(reading.Now - 1) < next);
            Assert.Equal(reading.Now, HybridTime.MicrosOf(HybridTime.LastOf(reading.Now)));
        }, tests: 1_000);

    [Fact]
    public void Nodes_that_tell_each_other_what_they_gave_number_effects_above_causes_whatever_their_clocks_say()
    {
        var random = new Random(1);
        var clocks = new long[8];
        var seen = new long[8];
        for (var i = 0; i < clocks.Length; i++) clocks[i] = Epoch + random.Next(1, 10_000_000);
        var given = new HashSet<long>();
        var last = 0L;
        for (var i = 0; i < 20_000; i++)
        {
            // A message goes from node to node; each gives a number on it.
            var node = random.Next(clocks.Length);
            clocks[node] += random.Next(-2, 10);
            last = seen[node] = HybridTime.Next(Math.Max(last, seen[node]), clocks[node], node);
            Assert.True(given.Add(last));
            Assert.Equal(last, seen.Max());
        }
    }

    [Theory]
    [InlineData(-1)]
    [InlineData(HybridTime.NodesMax)]
    public void A_node_out_of_range_is_refused(int node) =>
        Assert.Throws<ArgumentOutOfRangeException>(() => HybridTime.Next(0, Epoch, node));

    [Fact]
    public void Before_the_epoch_there_is_no_reading()
    {
        Assert.Equal(0, HybridTime.LastOf(Epoch - 1));
        Assert.Equal(0, HybridTime.LastOf(long.MinValue));
    }
}
