namespace OrleansWallet.Ledger.Tests;

public sealed class AccountTableTests
{
    // A chunk has 16,384 accounts.
    public static TheoryData<int> Counts => [0, 1, 63, 64, 65, 127, 128, 129, 16_383, 16_384, 16_385, 40_000];

    [Theory, MemberData(nameof(Counts))]
    public void A_capture_has_the_accounts_there_were_and_as_they_were(int count)
    {
        var table = TableOf(count);
        var capture = table.BeginCapture();

        // Some change, some are added, before, between and behind the pages that are copied meanwhile.
        for (var round = 0; round < 40; round++)
        {
            for (var number = round * 13 % 50; number < count; number += 50) table.Change(number).Newest = -1;
            table.Add(new AccountSlot { Newest = -2 });
            if (table.Count > count) table.Change(count).Newest = -3;
            capture.CopySome(64);
        }
        while (!capture.CopySome(64)) continue;
        for (var number = 0; number < table.Count; number++) table.Change(number).Newest = -4;

        Assert.Equal(count, capture.Count);
        Assert.Equal(Enumerable.Range(0, count).Select(number => (long)number), Captured(capture));
        Assert.Equal(count + 40, table.Count);
    }

    [Theory, MemberData(nameof(Counts))]
    public void A_capture_is_complete_after_as_many_accounts_as_there_are(int count)
    {
        var capture = TableOf(count).BeginCapture();

        for (var copied = 1; copied < count; copied++) Assert.False(capture.CopySome(1));
        Assert.Equal(count == 0, capture.CopySome(0));
        Assert.True(capture.CopySome(1));
        Assert.True(capture.IsComplete);
        Assert.True(capture.CopySome(1));
    }

    [Fact]
    public void Accounts_that_changed_first_are_not_counted_again()
    {
        var table = TableOf(640);
        var capture = table.BeginCapture();
        for (var number = 0; number < 640; number += 128) table.Change(number).Newest = -1;

        Assert.False(capture.CopySome(634));
        Assert.True(capture.CopySome(1));
        Assert.Equal(Enumerable.Range(0, 640).Select(number => (long)number), Captured(capture));
    }

    [Fact]
    public void A_second_capture_begins_when_the_first_is_complete_and_has_what_changed()
    {
        var table = TableOf(100);
        var first = table.BeginCapture();
        Assert.Throws<InvalidOperationException>(table.BeginCapture);
        Assert.Throws<InvalidOperationException>(() => first.Chunks().ToList());
        Assert.True(first.CopySome(100));

        table.Change(7).Newest = -1;
        var second = table.BeginCapture();
        // Asked again, the finished one must not end the new one.
        Assert.True(first.CopySome(1));
        table.Change(8).Newest = -1;
        Assert.True(second.CopySome(100));

        Assert.Equal(7, Captured(first)[7]);
        Assert.Equal((-1, 8), (Captured(second)[7], Captured(second)[8]));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(100)]
    [InlineData(20_000)]
    [InlineData(50_000)]
    public void Memory_prepared_for_any_number_of_accounts_serves(int prepared)
    {
        var table = TableOf(20_000);
        var capture = table.BeginCapture(AccountTable.CaptureMemory.Prepare(prepared));
        for (var number = 0; number < 20_000; number += 3) table.Change(number).Newest = -1;

        Assert.True(capture.CopySome(20_000));
        Assert.Equal(Enumerable.Range(0, 20_000).Select(number => (long)number), Captured(capture));
    }

    [Fact]
    public void A_reference_to_an_account_stays_good_while_accounts_are_added()
    {
        var table = TableOf(1);
        ref var first = ref table.Change(0);
        for (var number = 1; number < 40_000; number++) table.Add(new AccountSlot { Newest = number });

        first.Newest = 99;
        Assert.Equal(99, table[0].Newest);
        Assert.Equal(39_999, table[39_999].Newest);
    }

    [Theory]
    [InlineData(-1)]
    [InlineData(0)]
    [InlineData(99)]
    [InlineData(100)]
    [InlineData(int.MaxValue)]
    [InlineData(int.MinValue)]
    public void Any_number_may_be_prefetched(int number)
    {
        TableOf(100).Prefetch(number);
        new AccountTable().Prefetch(number);
    }

    private static AccountTable TableOf(int count)
    {
        var table = new AccountTable();
        for (var number = 0; number < count; number++) table.Add(new AccountSlot { Newest = number });
        return table;
    }

    private static List<long> Captured(AccountTable.Capture capture)
    {
        var captured = new List<long>();
        foreach (var chunk in capture.Chunks())
            foreach (ref readonly var slot in chunk.Span) captured.Add(slot.Newest);
        return captured;
    }
}
