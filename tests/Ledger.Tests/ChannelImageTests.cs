namespace OrleansWallet.Ledger.Tests;

// What is under way, behind the rest of the image.
public sealed class ChannelImageTests
{
    [Fact]
    public void A_state_with_transfers_under_way_has_the_image_it_always_had()
    {
        var two = GoldenChannels.RunOn();

        Assert.Equal(GoldenChannels.PayerImageHex, Convert.ToHexStringLower(two.Payer.Image));
        Assert.Equal(GoldenChannels.PayeeImageHex, Convert.ToHexStringLower(two.Payee.Image));
    }

    [Fact]
    public void A_partition_that_goes_on_from_its_image_does_what_the_other_does()
    {
        var (one, other) = (GoldenChannels.RunOn(), GoldenChannels.RunOn());
        other.Payer.Load();
        other.Payee.Load();
        Assert.Equal(one.Payer.Partition.UnderWay().Select(each => each.Transfer),
            other.Payer.Partition.UnderWay().Select(each => each.Transfer));
        foreach (var number in new[] { 4, 5, 6 }) Assert.Equal(one.CarryAll(number), other.CarryAll(number));

        Assert.Equal(one.Payer.Image, other.Payer.Image);
        Assert.Equal(one.Payee.Image, other.Payee.Image);
        Assert.Equal(0, other.Payer.Partition.UnderWayCount);
        Assert.Equal((0, 0), (other.Payer.HeldOf("alice"), other.Payee.PromisedOf("bob")));
    }

    [Fact]
    public void What_was_sent_is_no_part_of_the_state()
    {
        var two = new TwoPartitions();
        var number = two.Reserved(1, 40);
        var image = two.Payer.Image;

        two.OrderOf(number);
        two.Carry(number);

        Assert.Equal(image, two.Payer.Image);
    }

    [Fact]
    public void A_capture_has_what_was_under_way_at_its_beginning()
    {
        var two = new TwoPartitions();
        var number = two.Reserved(1, 40);
        var image = two.Payer.Image;
        var capture = two.Payer.Partition.BeginCapture();

        two.CarryAll(number);
        two.Reserved(2, 1);
        while (!capture.CopySome(1)) continue;

        using var captured = new MemoryStream();
        capture.WriteTo(captured);
        Assert.Equal(image, captured.ToArray());
    }

    [Fact]
    public void A_partition_that_never_paid_or_was_paid_by_another_has_the_image_of_a_whole_ledger()
    {
        var two = new TwoPartitions();
        two.Claim(two.Payer, 0, 1);
        var alone = Partition.FromImage(new MemoryStream(two.Payer.Image), new KeptRecords(0));

        Assert.Equal(two.Payer.Image, TestLedger.ImageOf(alone));
    }

    [Fact]
    public void An_image_cut_short_anywhere_is_refused()
    {
        var two = GoldenChannels.RunOn();
        foreach (var side in new[] { two.Payer, two.Payee })
        {
            var image = side.Image;
            var whole = Partition.FromImage(new MemoryStream(image), new KeptRecords(0));
            var behind = TestLedger.ImageOf(whole).Length;
            for (var length = 0; length < image.Length; length++)
            {
                // Cut where the channels begin, it is the image of a partition without any.
                if (length == behind) continue;
                var cut = new MemoryStream(image, 0, length);
                Assert.Throws<InvalidDataException>(
                    () => Partition.FromImage(cut, new KeptRecords(0), side.Membership));
            }
        }
    }

    // Offsets count from where the channels begin.
    [Theory]
    [InlineData(true, 4, 0)]
    [InlineData(true, 4, 2)]
    [InlineData(true, 8, 0)]
    [InlineData(true, 16, 3)]
    [InlineData(true, 24, 4)]
    [InlineData(true, 24, -1)]
    [InlineData(true, 28, 3)]
    [InlineData(true, 28, 7)]
    [InlineData(true, 52, 2)]
    [InlineData(false, 68, 5)]
    public void An_image_with_what_cannot_be_under_way_is_refused(bool ofPayer, int at, int value)
    {
        var two = GoldenChannels.RunOn();
        var side = ofPayer ? two.Payer : two.Payee;
        var image = side.Image;
        var alone = Partition.FromImage(new MemoryStream(image), new KeptRecords(0));
        var place = TestLedger.ImageOf(alone).Length + at;
        if (at == 68) image[place] = (byte)value;
        else BitConverter.GetBytes(value).CopyTo(image, place);

        Assert.Throws<InvalidDataException>(
            () => Partition.FromImage(new MemoryStream(image), new KeptRecords(0), side.Membership));
    }
}
