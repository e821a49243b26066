namespace OrleansWallet.Ledger.Tests;

public sealed class ImageTests
{
    [Fact]
    public void A_state_has_the_image_it_always_had() =>
        Assert.Equal(GoldenLedger.ImageHex, Convert.ToHexStringLower(GoldenLedger.Run().Image));

    [Fact]
    public void An_empty_partition_has_an_image_too()
    {
        var loaded = TestLedger.Empty().Loaded();

        Assert.Equal((0, 0, 0), (loaded.Partition.Sequence, loaded.Partition.Accounts.Count, loaded.Kept.Length));
        loaded.Open("alice", "USD");
        Assert.Equal(1, loaded.Partition.Sequence);
    }

    [Fact]
    public void An_image_tells_its_counters_before_it_is_complete()
    {
        var ledger = TestLedger.After(Script.Beginning);
        var capture = ledger.Partition.BeginCapture();
        var (sequence, at) = (ledger.Partition.Sequence, ledger.Partition.LastAtMicros);
        ledger.NowMicros++;
        ledger.Send(1, "alice", "bob", 1);
        ledger.Open("carol", "USD");

        Assert.Equal(
            (sequence, at, 3L, 3L),
            (capture.Sequence, capture.LastAtMicros, capture.Transfers, capture.AccountsOpened));
    }

    [Fact]
    public void A_second_capture_waits_for_the_first()
    {
        var partition = TestLedger.After(Script.Beginning).Partition;
        var first = partition.BeginCapture();

        Assert.Throws<InvalidOperationException>(partition.BeginCapture);
        Assert.Throws<InvalidOperationException>(() => first.WriteTo(Stream.Null));
        while (!first.CopySome(1)) continue;
        Assert.True(partition.BeginCapture().CopySome(int.MaxValue));
    }

    [Fact]
    public void An_image_cut_short_anywhere_is_refused()
    {
        var image = GoldenLedger.Run().Image;

        for (var length = 0; length < image.Length; length++)
        {
            var cut = new MemoryStream(image, 0, length);
            Assert.Throws<InvalidDataException>(() => Partition.FromImage(cut, new KeptRecords(1 << 12)));
        }
    }

    // Totals are zero in every sound ledger; one that is not must survive a restart, or the loss would be forgotten.
    [Fact]
    public void A_total_that_is_not_zero_is_taken_up_and_shown()
    {
        var image = GoldenLedger.Run().Image;
        BitConverter.GetBytes(-7L).CopyTo(image, 56);

        var partition = Partition.FromImage(new MemoryStream(image), new KeptRecords(1 << 12));

        Assert.Equal([new Money(-7, Currency.Parse("USD"))], partition.Totals);
        Assert.Equal(image, TestLedger.ImageOf(partition));
    }

    [Theory]
    [InlineData(32, -1)]
    [InlineData(32, AccountDirectory.AccountsMax + 1L)]
    [InlineData(40, -1)]
    [InlineData(40, 1001)]
    [InlineData(48, 0)]
    [InlineData(48, 999)]
    [InlineData(48, -1)]
    [InlineData(48, 65536L * 65536 + 840)]
    public void An_image_with_impossible_counts_or_currencies_is_refused(int at, long value)
    {
        var image = GoldenLedger.Run().Image;
        BitConverter.GetBytes(value).CopyTo(image, at);

        Assert.Throws<InvalidDataException>(
            () => Partition.FromImage(new MemoryStream(image), new KeptRecords(1 << 12)));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(65)]
    public void An_image_with_an_id_of_impossible_length_is_refused(byte length)
    {
        var image = GoldenLedger.Run().Image;
        image[^("alice".Length + 1)] = length;

        Assert.Throws<InvalidDataException>(
            () => Partition.FromImage(new MemoryStream(image), new KeptRecords(1 << 12)));
    }
}
