using OrleansWallet.Embedded.Tests.Disk;
using OrleansWallet.Embedded.Tests.Support;
using OrleansWallet.Ledger;

namespace OrleansWallet.Embedded.Tests;

/// <summary>The past of accounts, held against a list that simply remembers everything.</summary>
public sealed class HistoryTests
{
    private const int Accounts = 4;

    [Theory]
    [InlineData(1, 30, 10)]
    [InlineData(2, 24, 700)]
    public async Task Every_past_moment_and_every_page_is_what_a_full_list_says(int seed, int batches, int batchSize)
    {
        var disk = new FaultyDisk();
        var random = new Random(seed);
        var past = new List<Moment>[Accounts];
        await using (var ledger = await OpenLedger.OpenAsync(disk))
        {
            for (var i = 0; i < Accounts; i++)
            {
                var opened = await ledger.Wallet.OpenAccountAsync(OpenLedger.Account(i), OpenLedger.Usd);
                past[i] = [Moment.Opening((await ledger.Wallet.ReadLedgerAsync(true)).Sequence, opened.Account)];
            }
            await ledger.FundAsync(Accounts);
            for (var batch = 0; batch < batches; batch++)
            {
                ledger.Time.Advance(TimeSpan.FromSeconds(random.Next(2)));
                if (random.Next(5) == 0)
                    await ledger.Wallet.SetFrozenAsync(OpenLedger.Account(3), random.Next(2) == 0);
                var ids = Enumerable.Range(batch * 1000 + 1, random.Next(1, batchSize));
                await ledger.SendAsync([.. ids.Select(id => OpenLedger.Transfer(
                    random.Next(3), random.Next(Accounts), random.Next(1, 9), id))]);
                if (batch % 10 == 9) await CheckAsync(ledger, Fill(disk, past), random, seed);
            }
            await CheckAsync(ledger, Fill(disk, past), random, seed);
        }
        var time = new SteppedTime();
        time.Advance(TimeSpan.FromDays(1));
        await using var again = await OpenLedger.OpenAsync(disk, time: time);
        await CheckAsync(again, Fill(disk, past), random, seed);
    }

    [Fact]
    public async Task The_future_is_refused_and_so_is_what_was_before_the_opening()
    {
        await using var ledger = await OpenLedger.OpenAsync(new FaultyDisk());
        await ledger.FundAsync(1);
        var view = await ledger.Wallet.ReadLedgerAsync(fresh: true);
        Assert.Equal(Rejection.InTheFuture, await AskAsync(AsOf.AfterSequence(view.Sequence + 1)));
        Assert.Equal(Rejection.None, await AskAsync(AsOf.AfterSequence(view.Sequence)));
        Assert.Equal(Rejection.AccountNotFound, await AskAsync(AsOf.AfterSequence(1)));
        Assert.Equal(Rejection.InTheFuture, await AskAsync(AsOf.At(SteppedTime.Start.AddHours(1))));
        Assert.Equal(Rejection.AccountNotFound, await AskAsync(AsOf.At(SteppedTime.Start.AddHours(-1))));
        Assert.Equal(Rejection.AccountNotFound, await AskAsync(AsOf.At(DateTimeOffset.MinValue)));
        Assert.Equal(Rejection.InTheFuture, await AskAsync(AsOf.At(DateTimeOffset.MaxValue)));

        async Task<Rejection> AskAsync(AsOf asOf) =>
            (await ledger.Wallet.FindAccountAsync(OpenLedger.Account(0), asOf)).Rejection;
    }

    [Fact]
    public async Task A_moment_that_was_told_stays_as_it_was_when_the_clock_is_set_back()
    {
        await using var ledger = await OpenLedger.OpenAsync(new FaultyDisk());
        await ledger.FundAsync(2);
        ledger.Time.Advance(TimeSpan.FromHours(1));
        var told = AsOf.At(SteppedTime.Start.AddMinutes(30));
        var before = await ledger.Wallet.FindAccountAsync(OpenLedger.Account(0), told);
        Assert.Equal(1_000_000, before.Account?.Balance.MinorUnits);
        // Nothing was recorded in that hour, so only the answer itself stands between it and what comes now.
        ledger.Time.Advance(TimeSpan.FromMinutes(-50));
        await ledger.SendAsync([OpenLedger.Transfer(0, 1, 5, 1)]);
        Assert.Equal(before, await ledger.Wallet.FindAccountAsync(OpenLedger.Account(0), told));
        Assert.Equal(999_995, await ledger.BalanceAsync(0));
    }

    [Fact]
    public async Task A_cursor_that_the_account_never_gave_out_is_refused()
    {
        await using var ledger = await OpenLedger.OpenAsync(new FaultyDisk());
        await ledger.FundAsync(3);
        await ledger.SendAsync([.. Enumerable.Range(1, 30).Select(i => OpenLedger.Transfer(1, 2, 1, i))]);
        var others = await ledger.Wallet.ListEntriesAsync(OpenLedger.Account(1), 1, null);
        string[] lies =
        [
            "", "-8", "0", "1", "8", "64", "abc", "1e3", " 64", "9223372036854775807", "99999999999999999999",
            others.NextCursor ?? "", "1234567890123456", "\uFF18",
        ];
        foreach (var cursor in lies)
            Assert.Equal(Rejection.BadCursor,
                (await ledger.Wallet.ListEntriesAsync(OpenLedger.Account(0), 10, cursor)).Rejection);
        for (var place = 0; place < 12_000; place += 8)
        {
            var page = await ledger.Wallet.ListEntriesAsync(OpenLedger.Account(0), 10, $"{place}");
            if (page.Rejection == Rejection.None)
                Assert.Equal([1_000_000], page.Entries.Select(e => e.Balance.MinorUnits));
            else Assert.Equal(Rejection.BadCursor, page.Rejection);
        }
    }

    private static List<Moment>[] Fill(FaultyDisk disk, List<Moment>[] past)
    {
        var transfers = JournalReplay.Read(disk).Transfers.Values.Where(t => t.Rejection == Rejection.None);
        for (var i = 0; i < Accounts; i++) past[i].RemoveRange(1, past[i].Count - 1);
        foreach (var transfer in transfers.OrderBy(t => t.Sequence))
            for (var i = 0; i < Accounts; i++)
                if (past[i][^1].After(OpenLedger.Account(i), transfer) is { } moment) past[i].Add(moment);
        return past;
    }

    private static async Task CheckAsync(OpenLedger ledger, List<Moment>[] past, Random random, int seed)
    {
        for (var i = 0; i < Accounts; i++)
        {
            var id = OpenLedger.Account(i);
            foreach (var moment in past[i].Where(_ => past[i].Count < 100 || random.Next(past[i].Count) < 60))
            {
                await CheckOneAsync(ledger, id, past[i], AsOf.AfterSequence(moment.Sequence), seed);
                await CheckOneAsync(ledger, id, past[i], AsOf.AfterSequence(moment.Sequence - 1), seed);
                await CheckOneAsync(ledger, id, past[i], AsOf.At(moment.At), seed);
                await CheckOneAsync(ledger, id, past[i], AsOf.At(moment.At.AddMicroseconds(-1)), seed);
            }
            await CheckPagesAsync(ledger, id, past[i], random.Next(1, 90));
        }
    }

    private static async Task CheckOneAsync(OpenLedger ledger, AccountId id, List<Moment> past, AsOf asOf, int seed)
    {
        var expected = past.LastOrDefault(
            m => asOf.Sequence is { } sequence ? m.Sequence <= sequence : m.At <= asOf.Time);
        var found = await ledger.Wallet.FindAccountAsync(id, asOf);
        var (balance, version) = (found.Account?.Balance.MinorUnits, found.Account?.Version);
        Assert.True(expected?.Balance == balance && expected?.Version == version,
            $"seed {seed}: {id} {asOf}: {found}, expected {expected}");
    }

    private static async Task CheckPagesAsync(OpenLedger ledger, AccountId id, List<Moment> past, int limit)
    {
        var entries = new List<EntryView>();
        for (string? cursor = null; ;)
        {
            var page = await ledger.Wallet.ListEntriesAsync(id, limit, cursor);
            Assert.Equal(Rejection.None, page.Rejection);
            Assert.True(page.NextCursor is null || page.Entries.Count == limit);
            entries.AddRange(page.Entries);
            if (page.NextCursor is null) break;
            cursor = page.NextCursor;
        }
        var expected = past.Skip(1).Reverse().Select(m => (m.Sequence, m.Balance, m.At));
        Assert.Equal(expected, entries.Select(e => (e.Sequence, e.Balance.MinorUnits, e.RecordedAt)));
    }

    private sealed record Moment(long Sequence, DateTimeOffset At, long Balance, long Version)
    {
        public static Moment Opening(long sequence, AccountView? account) => new(
            sequence, account?.UpdatedAt ?? throw new InvalidOperationException("It was not opened."), 0, 0);

        public Moment? After(AccountId id, TransferView transfer)
        {
            var (_, from, to, amount) = transfer.Transfer;
            var change = id == from ? -amount.MinorUnits : id == to ? amount.MinorUnits : 0;
            return change == 0 ? null
                : new Moment(transfer.Sequence, transfer.RecordedAt, Balance + change, Version + 1);
        }
    }
}
