namespace OrleansWallet.Ledger.Tests;

public sealed class RecordBufferTests
{
    [Fact]
    public void Records_lie_one_behind_the_other_from_the_first_place_on()
    {
        var buffer = new RecordBuffer(capacity: 400, headroom: 16);
        buffer.Reset(1000);

        buffer.Append(40, out var first).Fill(1);
        buffer.Append(120, out var second).Fill(2);

        Assert.Equal((1000, 1040, 160, 2), (first, second, buffer.Length, buffer.Count));
        Assert.Equal([.. Enumerable.Repeat<byte>(1, 40), .. Enumerable.Repeat<byte>(2, 120)], buffer.Written.ToArray());
    }

    [Theory]
    [InlineData(1)]
    [InlineData(8)]
    [InlineData(16)]
    [InlineData(RecordBuffer.AlignmentMax)]
    public void The_frame_is_the_headroom_the_records_and_zeros_up_to_the_alignment(int alignment)
    {
        var buffer = new RecordBuffer(capacity: 40, headroom: 16);
        for (var length = 0; length <= 40; length += 8)
        {
            buffer.Reset(0);
            // What an earlier, longer batch left behind must not show.
            buffer.Append(40, out _).Fill(9);
            buffer.Reset(0);
            buffer.Append(length, out _).Fill(1);

            var framed = buffer.Framed(alignment);

            Assert.Equal((16 + length + alignment - 1) / alignment * alignment, framed.Length);
            Assert.Equal(buffer.Written.ToArray(), framed.Slice(16, length).ToArray());
            Assert.All(framed[(16 + length)..].ToArray(), filler => Assert.Equal(0, filler));
        }
    }

    [Fact]
    public void A_place_is_found_in_the_batch_that_has_it_and_in_no_other()
    {
        var buffer = new RecordBuffer(capacity: 400, headroom: 16);
        buffer.Reset(1000);
        buffer.Append(40, out _).Fill(1);
        buffer.Append(40, out var second).Fill(2);

        Assert.True(buffer.TryRead(second, out var from));
        Assert.Equal(Enumerable.Repeat<byte>(2, 40), from.ToArray());
        Assert.False(buffer.TryRead(999, out _));
        Assert.False(buffer.TryRead(1080, out _));
        Assert.False(buffer.TryRead(-1, out _));
        buffer.Reset(1080);
        Assert.False(buffer.TryRead(1080, out _));
        Assert.Equal((1080, 0, 0), (buffer.FirstPlace, buffer.Length, buffer.Count));
    }

    [Fact]
    public void Room_is_counted_in_records_of_any_kind()
    {
        var buffer = new RecordBuffer(capacity: Records.LengthMax * 3 + 8);

        Assert.Equal(3, buffer.Room);
        Assert.True(buffer.HasRoomFor(3));
        Assert.False(buffer.HasRoomFor(4));
        Assert.False(buffer.HasRoomFor(int.MaxValue));
        buffer.Append(40, out _);
        Assert.Equal(2, buffer.Room);
    }

    [Fact]
    public void A_batch_larger_than_its_buffer_throws_and_takes_nothing()
    {
        var buffer = new RecordBuffer(capacity: 80, headroom: 16);
        buffer.Append(48, out _);

        Assert.Throws<InvalidOperationException>(() => { buffer.Append(40, out _); });
        Assert.Equal((48, 1), (buffer.Length, buffer.Count));
        buffer.Append(32, out _);
        Assert.Equal((80, 2), (buffer.Length, buffer.Count));
    }
}
