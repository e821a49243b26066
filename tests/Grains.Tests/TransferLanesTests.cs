using FsCheck;
using FsCheck.Fluent;
using OrleansWallet.Ledger;

namespace OrleansWallet.Grains.Tests;

public sealed class TransferLanesTests
{
    private static readonly Currency Dollars = Currency.Parse("USD");
    private readonly List<(IReadOnlyList<TransferLanes.Waiter> Group, TaskCompletionSource Gate)> sent = [];

    [Fact]
    public void A_transfer_whose_accounts_are_free_goes_at_once_and_alone()
    {
        var lanes = NewLanes();
        Submit(lanes, "a", "b");
        Submit(lanes, "c", "d");
        Assert.Equal([1, 1], sent.Select(one => one.Group.Count));
    }

    [Fact]
    public void Those_that_share_an_account_with_one_under_way_go_as_one_group_after_it()
    {
        var lanes = NewLanes();
        Submit(lanes, "a", "b");
        foreach (var other in new[] { "c", "d", "e" }) Submit(lanes, "a", other);
        Assert.Single(sent);
        Finish(0);
        Assert.Equal([1, 3], sent.Select(one => one.Group.Count));
    }

    [Fact]
    public void A_group_is_not_larger_than_its_limit()
    {
        var lanes = NewLanes(groupMax: 4);
        for (var i = 0; i < 10; i++) Submit(lanes, "hot", $"x{i}");
        for (var i = 0; i < sent.Count; i++) Finish(i);
        Assert.Equal([1, 4, 4, 1], sent.Select(one => one.Group.Count));
    }

    [Fact]
    public void Nobody_overtakes_one_that_waits_for_the_same_account()
    {
        var lanes = NewLanes();
        Submit(lanes, "a", "b");
        Submit(lanes, "b", "c");
        // Free itself, but the one before it waits for c.
        Submit(lanes, "c", "d");
        Assert.Single(sent);
        Finish(0);
        Assert.Equal(["b", "c"], sent[1].Group.Select(waiter => waiter.Transfer.From.Value));
    }

    [Fact]
    public void Settlement_accounts_hold_nobody_up()
    {
        var lanes = NewLanes();
        for (var i = 0; i < 5; i++) Submit(lanes, "settlement:USD", $"x{i}");
        Assert.Equal(5, sent.Count);
    }

    [Fact]
    public async Task A_bug_is_told_to_those_who_met_it_and_the_lanes_go_on()
    {
        var calls = 0;
        var lanes = new TransferLanes(
            group =>
            {
                if (calls++ == 0) throw new InvalidOperationException("A bug.");
                foreach (var waiter in group) waiter.Answer(default);
                return Task.CompletedTask;
            },
            groupMax: 64);
        await Assert.ThrowsAsync<InvalidOperationException>(() => lanes.SubmitAsync(NewTransfer("a", "b"), 0));
        Assert.Equal(default, await lanes.SubmitAsync(NewTransfer("a", "b"), 0));
    }

    [Fact]
    public void Each_account_sees_its_transfers_one_group_at_a_time_in_the_order_they_came() => Prop.ForAll(
        ArbMap.Default.ArbFor<(byte From, byte To, bool Finish)[]>(), steps =>
        {
            sent.Clear();
            var lanes = NewLanes(groupMax: 5);
            var order = new Dictionary<AccountId, List<TransactionId>>();
            var finished = 0;
            foreach (var (from, to, finish) in steps)
            {
                var transfer = Submit(lanes, $"a{from % 7}", $"b{to % 7}");
                foreach (var account in new[] { transfer.From, transfer.To })
                {
                    if (!order.TryGetValue(account, out var ids)) order.Add(account, ids = []);
                    ids.Add(transfer.Id);
                }
                if (finish && finished < sent.Count) Finish(finished++);
                if (AreUnderWayTwice(finished)) return false;
            }
            while (finished < sent.Count) Finish(finished++);
            var went = sent.SelectMany(one => one.Group).Select(waiter => waiter.Transfer).ToArray();
            return went.Length == steps.Length && order.All(account => account.Value.SequenceEqual(
                went.Where(t => t.From == account.Key || t.To == account.Key).Select(t => t.Id)));
        }).QuickCheckThrowOnFailure();

    private bool AreUnderWayTwice(int finished)
    {
        var groups = sent.Skip(finished).Select(one => one.Group.SelectMany(w => w.Accounts).Distinct().ToArray());
        var accounts = groups.SelectMany(group => group).ToArray();
        return accounts.Length != accounts.Distinct().Count();
    }

    private TransferLanes NewLanes(int groupMax = 64) => new(
        async group =>
        {
            var done = new TaskCompletionSource();
            sent.Add((group, done));
            await done.Task;
            foreach (var waiter in group) waiter.Answer(default);
        },
        groupMax);

    // The lanes go on within this call: nothing here hands over to another thread.
    private void Finish(int index) => sent[index].Gate.SetResult();

    private static Transfer Submit(TransferLanes lanes, string from, string to)
    {
        var transfer = NewTransfer(from, to);
        _ = lanes.SubmitAsync(transfer, 0);
        return transfer;
    }

    private static Transfer NewTransfer(string from, string to) => new(
        new TransactionId(Guid.NewGuid()), AccountId.Parse(from), AccountId.Parse(to), new Money(1, Dollars));
}
