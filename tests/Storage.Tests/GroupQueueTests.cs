using System.Threading.Channels;
using OrleansWallet.Storage.Groups;

namespace OrleansWallet.Storage.Tests;

// The queue over a database that answers when the test says so.
public sealed class GroupQueueTests
{
    private readonly Channel<Group> running = Channel.CreateUnbounded<Group>();

    [Fact]
    public async Task A_lone_request_goes_at_once_and_what_comes_meanwhile_goes_together()
    {
        var queue = NewQueue(new StateStoreOptions(), lanes: 1);
        var first = Push(queue, "a");
        var lone = await running.Reader.ReadAsync();
        var later = new[] { Push(queue, "b"), Push(queue, "c"), Push(queue, "d") };

        Assert.Equal(["a"], lone.Keys);
        Assert.False(running.Reader.TryRead(out _));
        lone.Finish();
        await first.Task;
        var second = await running.Reader.ReadAsync();

        Assert.Equal(["b", "c", "d"], second.Keys);
        second.Finish();
        await Task.WhenAll(later.Select(request => request.Task));
    }

    [Fact]
    public async Task A_group_has_so_many_rows_and_so_many_bytes_at_most_and_a_large_row_goes_alone()
    {
        var queue = NewQueue(new StateStoreOptions { GroupRowsMax = 3, GroupBytesMax = 1_000 }, lanes: 1);
        Push(queue, "gate");
        var gate = await running.Reader.ReadAsync();
        foreach (var key in new[] { "a", "b", "c", "d" }) Push(queue, key);
        Push(queue, "large", 5_000);
        Push(queue, "e", 600);
        Push(queue, "f", 600);
        Push(queue, "g");
        gate.Finish();

        Assert.Equal(["a", "b", "c"], await NextKeysAsync());
        Assert.Equal(["d"], await NextKeysAsync());
        Assert.Equal(["large"], await NextKeysAsync());
        Assert.Equal(["e"], await NextKeysAsync());
        Assert.Equal(["f", "g"], await NextKeysAsync());
    }

    [Fact]
    public async Task A_key_is_in_one_group_at_a_time_though_lanes_are_free()
    {
        var queue = NewQueue(new StateStoreOptions(), lanes: 2);
        Push(queue, "a");
        var first = await running.Reader.ReadAsync();
        Push(queue, "a");
        Push(queue, "a");
        Push(queue, "b");
        var beside = await running.Reader.ReadAsync();
        Assert.Equal(["b"], beside.Keys);
        beside.Finish();
        Push(queue, "c");
        var other = await running.Reader.ReadAsync();
        Assert.Equal(["c"], other.Keys);

        first.Finish();
        var second = await running.Reader.ReadAsync();
        Assert.Equal(["a"], second.Keys);
        Assert.False(running.Reader.TryRead(out _));
        second.Finish();
        Assert.Equal(["a"], await NextKeysAsync());
        other.Finish();
    }

    [Fact]
    public async Task More_than_may_wait_is_refused_until_there_is_room()
    {
        var queue = NewQueue(new StateStoreOptions { WaitingMax = 2 }, lanes: 1);
        Push(queue, "gate");
        var gate = await running.Reader.ReadAsync();
        Push(queue, "a");
        Push(queue, "a");

        var refused = Assert.Throws<StateUnavailableException>(() => Push(queue, "b"));

        Assert.True(refused.IsOutcomeKnown);
        Assert.Contains("overloaded", refused.Message, StringComparison.Ordinal);
        gate.Finish();
        Assert.Equal(["a"], await NextKeysAsync());
        Assert.Equal(["a"], await NextKeysAsync());
        Push(queue, "b");
        Assert.Equal(["b"], await NextKeysAsync());
    }

    [Fact]
    public async Task A_request_can_be_taken_back_while_it_waits_and_not_once_it_is_sent()
    {
        var queue = NewQueue(new StateStoreOptions(), lanes: 1);
        using var cancel = new CancellationTokenSource();
        var sent = Push(queue, "a", cancel: cancel.Token);
        var group = await running.Reader.ReadAsync();
        var waiting = Push(queue, "a", cancel: cancel.Token);
        var behind = Push(queue, "a");

        await cancel.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting.Task);
        Assert.False(sent.Task.IsCompleted);
        group.Finish();
        await sent.Task;
        var next = await running.Reader.ReadAsync();
        Assert.Same(behind, Assert.Single(next.Requests));
        next.Finish();
        await behind.Task;
        Assert.ThrowsAny<OperationCanceledException>(() => Push(queue, "b", cancel: cancel.Token));
    }

    [Fact]
    public async Task A_group_that_breaks_fails_all_its_requests_and_the_next_goes_on()
    {
        var queue = NewQueue(new StateStoreOptions(), lanes: 1);
        var lost = Push(queue, "a");
        var group = await running.Reader.ReadAsync();
        var next = Push(queue, "a");

        group.Break(new InvalidOperationException("broken"));

        var failed = await Assert.ThrowsAsync<StateUnavailableException>(() => lost.Task);
        Assert.False(failed.IsOutcomeKnown);
        (await running.Reader.ReadAsync()).Finish();
        await next.Task;
    }

    [Fact]
    public async Task Closing_waits_for_all_that_was_taken()
    {
        var queue = NewQueue(new StateStoreOptions(), lanes: 1);
        Push(queue, "a");
        var group = await running.Reader.ReadAsync();
        Push(queue, "a");

        var closing = queue.CloseAsync();

        Assert.Throws<StateUnavailableException>(() => Push(queue, "b"));
        group.Finish();
        var last = await running.Reader.ReadAsync();
        Assert.False(closing.IsCompleted);
        last.Finish();
        await closing;
        await queue.CloseAsync();
    }

    private GroupQueue<StoreRequest> NewQueue(StateStoreOptions options, int lanes) =>
        new(options, lanes, oneOfAKey: true, async requests =>
        {
            var group = new Group([.. requests]);
            await running.Writer.WriteAsync(group);
            await group.Finished;
        });

    private static StoreRequest Push(
        GroupQueue<StoreRequest> queue, string key, int size = 8, CancellationToken cancel = default)
    {
        var state = new StoredState(key, 1, new byte[size], default);
        var request = new StoreRequest(StateKey.Of(StateKind.Account, key), state);
        queue.Push(request, cancel);
        return request;
    }

    private async Task<IEnumerable<string>> NextKeysAsync()
    {
        var group = await running.Reader.ReadAsync();
        group.Finish();
        return group.Keys;
    }

    private sealed class Group(IReadOnlyList<StoreRequest> requests)
    {
        private readonly TaskCompletionSource finished = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public IReadOnlyList<StoreRequest> Requests { get; } = requests;

        public IEnumerable<string> Keys => Requests.Select(request => request.Key.Text);

        public Task Finished => finished.Task;

        public void Finish()
        {
            foreach (var request in Requests) request.TrySetResult(true);
            finished.SetResult();
        }

        public void Break(Exception cause) => finished.SetException(cause);
    }
}
