namespace OrleansWallet.Ledger.Tests;

// The way back through an account's records: to any past version or sequence number in few steps.
public sealed class SkipLinkTests
{
    private const int Entries = 20_000;
    private static readonly string[] Accounts = ["settlement:USD", "alice", "bob"];
    private static readonly Lazy<TestLedger> Busy = new(RunBusyAccounts);

    [Theory]
    [InlineData("settlement:USD")]
    [InlineData("alice")]
    [InlineData("bob")]
    public void Every_past_sequence_number_is_found_within_the_stated_steps(string account)
    {
        var moments = MomentsOf(account);
        var byPlace = moments.ToDictionary(each => each.Place, each => each.Moment);
        var expected = moments.Count - 1;
        for (var sequence = Busy.Value.Partition.Sequence; sequence >= moments[0].Moment.Sequence; sequence--)
        {
            while (moments[expected].Moment.Sequence > sequence) expected--;
            AssertFound(byPlace, moments[^1].Moment, moment => moment.Sequence, sequence, moments[expected].Moment);
        }
    }

    [Theory]
    [InlineData("settlement:USD")]
    [InlineData("alice")]
    [InlineData("bob")]
    public void Every_past_version_is_found_within_the_stated_steps(string account)
    {
        var moments = MomentsOf(account);
        var byPlace = moments.ToDictionary(each => each.Place, each => each.Moment);
        foreach (var newest in moments.GroupBy(each => each.Moment.View.Version).Select(group => group.Last().Moment))
            AssertFound(byPlace, moments[^1].Moment, moment => moment.View.Version, newest.View.Version, newest);
    }

    [Fact]
    public void Following_previous_alone_visits_every_record_of_the_account_once()
    {
        foreach (var account in Accounts)
        {
            var place = Busy.Value.Partition.Accounts[Busy.Value.NumberOf(account)].Newest;
            foreach (var (expected, moment) in Enumerable.Reverse(MomentsOf(account)))
            {
                Assert.Equal(expected, place);
                place = moment.Previous;
            }
            Assert.Equal(-1, place);
        }
    }

    // The highest links begin to matter at 262,144 entries; here the slot is asked alone, a place being an index.
    [Theory]
    [InlineData(63, 1)]
    [InlineData(64, 1)]
    [InlineData(4_097, 1)]
    [InlineData(262_144, 11)]
    [InlineData(1_200_000, 997)]
    public void The_links_of_very_many_entries_lead_to_every_version_within_the_stated_steps(int entries, int stride)
    {
        var slot = new AccountSlot { Account = Account.Opened(Currency.Parse("USD"), isSettlement: false) };
        slot.LinkOpening(0);
        var links = new (long Previous, long Skip)[entries + 1];
        links[0] = (-1, -1);
        for (var version = 1; version <= entries; version++)
        {
            slot.Account.Credited(1);
            links[version] = slot.LinkEntry(version);
            Assert.Equal(version - 1, links[version].Previous);
        }

        var limit = StepsMax(entries);
        var around = new[] { 0, 1, 63, 64, 65, 4_095, 4_096, 4_097, 262_143, 262_144, 262_145, entries - 1 };
        var strided = Enumerable.Range(0, entries / stride + 1).Select(i => i * stride);
        foreach (var version in strided.Concat(around.Where(version => version <= entries)))
        {
            long at = entries;
            var steps = 0;
            for (; at > version; steps++) at = links[at].Skip >= version ? links[at].Skip : links[at].Previous;
            Assert.Equal(version, at);
            Assert.InRange(steps, 0, limit);
        }
    }

    [Fact]
    public void A_freeze_is_tied_in_without_moving_the_marks()
    {
        var slot = new AccountSlot { Account = Account.Opened(Currency.Parse("USD"), isSettlement: false) };
        slot.LinkOpening(10);

        Assert.Equal((10, 10), slot.LinkStatus(20));
        Assert.Equal((20, 10), slot.LinkStatus(30));
        Assert.Equal((30, 10, 10, 10), (slot.Newest, slot.Newest64, slot.Newest4096, slot.Newest262144));
    }

    private static int StepsMax(int entries) => entries / 262_144 + 400;

    private static void AssertFound(
        Dictionary<long, AccountMoment> byPlace, AccountMoment newest, Func<AccountMoment, long> key, long asked,
        AccountMoment expected)
    {
        var at = newest;
        var steps = 0;
        for (; key(at) > asked; steps++)
        {
            // Two records can have the asked key (a freeze keeps the version): the older must not be jumped to.
            var skips = byPlace.TryGetValue(at.Skip, out var further) && key(further) > asked;
            at = skips ? further : byPlace[at.Previous];
        }
        Assert.Equal(expected, at);
        Assert.InRange(steps, 0, StepsMax(byPlace.Count));
    }

    // All records of an account, oldest first: the full list that the walks are compared with.
    private static List<(long Place, AccountMoment Moment)> MomentsOf(string account)
    {
        var (ledger, number) = (Busy.Value, Busy.Value.NumberOf(account));
        return
        [
            .. ledger.Kept.All()
                .Where(each => Concerns(each.Record, number))
                .Select(each => (each.Place, ledger.Partition.Describe(each.Record, number))),
        ];
    }

    private static bool Concerns(byte[] record, int number) => Records.As<RecordHeader>(record.AsSpan()).Kind switch
    {
        RecordKind.TransferSucceeded => Records.As<TransferRecord>(record.AsSpan()) is var transfer
            && (transfer.From == number || transfer.To == number),
        RecordKind.AccountOpened => Records.As<OpenRecord>(record.AsSpan()).Number == number,
        RecordKind.AccountFrozen or RecordKind.AccountUnfrozen =>
            Records.As<StatusRecord>(record.AsSpan()).Number == number,
        _ => false,
    };

    // Alice gets nearly all transfers, bob some; both are frozen now and then, and some transfers are refused.
    private static TestLedger RunBusyAccounts()
    {
        var ledger = TestLedger.WithSettlement(batchBytes: 1 << 20);
        ledger.Open("alice", "USD");
        ledger.Open("bob", "USD");
        ledger.Open("rarely", "USD");
        for (var id = 1; id <= Entries; id++)
        {
            var to = id % 7 == 3 ? "bob" : "alice";
            ledger.Send(id, id % 5 == 4 ? "bob" : "settlement:USD", to, id % 5 == 4 ? 1_000_000_000 : 10);
            if (id % 97 == 0) ledger.Freeze(to, on: true);
            if (id % 97 == 1) ledger.Freeze(id % 7 == 4 ? "bob" : "alice", on: false);
            if (id % 97 == 2)
            {
                ledger.Freeze("alice", on: false);
                ledger.Freeze("bob", on: false);
            }
        }
        Assert.All(Accounts, account =>
            Assert.True(ledger.Partition.Accounts[ledger.NumberOf(account)].Account.Version > 2 * 1024));
        return ledger;
    }
}
