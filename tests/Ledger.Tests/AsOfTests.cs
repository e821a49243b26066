namespace OrleansWallet.Ledger.Tests;

public sealed class AsOfTests
{
    [Fact]
    public void A_moment_is_now_or_a_sequence_number_or_a_time()
    {
        var time = DateTimeOffset.UnixEpoch.AddDays(20_000);

        Assert.Equal((null, null), (AsOf.Now.Sequence, AsOf.Now.Time));
        Assert.Equal((0L, null), (AsOf.AfterSequence(0).Sequence, AsOf.AfterSequence(0).Time));
        Assert.Equal((null, time), (AsOf.At(time).Sequence, AsOf.At(time).Time));
        Assert.NotEqual(AsOf.Now, AsOf.AfterSequence(0));
    }
}
