using System.Collections.Concurrent;
using System.Reflection;
using OrleansWallet.Partitions;

namespace OrleansWallet.Grains.Tests;

/// <summary>Which way a process takes to a partition, where some lead by way of a silo that hangs.</summary>
public sealed class PartitionWaysTests
{
    private const int Partition = 5;
    private static readonly Task Answered = Task.CompletedTask;
    private static readonly Task Hanging = new TaskCompletionSource().Task;

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(7)]
    public async Task The_first_that_answers_is_taken_however_many_hang(int free)
    {
        var (ways, asked) = Start(way => way == free ? Answered : Hanging);

        await ways.AvoidAsync(0).WaitAsync(TimeSpan.FromSeconds(30));

        Assert.Equal(free, ways.Chosen);
        Assert.Equal(Enumerable.Range(0, 8), asked.Order());
    }

    [Fact]
    public async Task Where_none_answers_the_partition_is_away_and_the_way_stays()
    {
        var (ways, _) = Start(way => Task.FromException(
            way % 2 == 0 ? new TimeoutException() : new PartitionUnavailableException("It begins anew.")));

        await ways.AvoidAsync(0);

        Assert.Equal(0, ways.Chosen);
    }

    [Fact]
    public async Task Of_many_one_searches_and_who_comes_later_finds_what_was_found()
    {
        var answer = new TaskCompletionSource();
        var (ways, asked) = Start(way => way == 3 ? answer.Task : Hanging);
        var searches = Enumerable.Range(0, 100).Select(_ => ways.AvoidAsync(0)).ToArray();
        Assert.All(searches, search => Assert.False(search.IsCompleted));

        answer.SetResult();
        await Task.WhenAll(searches);

        Assert.Equal((3, 8), (ways.Chosen, asked.Count));
        // One whose call had gone the way that is avoided by now.
        await ways.AvoidAsync(0);
        Assert.Equal((3, 8), (ways.Chosen, asked.Count));
    }

    [Fact]
    public async Task A_bug_is_told()
    {
        var (ways, _) = Start(_ => Task.FromException(new InvalidOperationException("A bug.")));

        await Assert.ThrowsAsync<InvalidOperationException>(() => ways.AvoidAsync(0));
    }

    private static (PartitionWays Ways, ConcurrentQueue<int> Asked) Start(Func<int, Task> wake)
    {
        var asked = new ConcurrentQueue<int>();
        var grains = DispatchProxy.Create<IGrainFactory, Proxy>();
        ((Proxy)(object)grains).Answer = (method, args) =>
        {
            var key = (long)(args[0] ?? 0L);
            var isOwn = method.ReturnType == typeof(IPartitionGrain);
            Assert.Equal(Partition, isOwn ? key : IPartitionRelayGrain.PartitionOf(key));
            var way = isOwn ? 0 : (int)(key - Partition) / (int)(IPartitionRelayGrain.KeyOf(0, 1));
            IPartitionCalls grain = isOwn
                ? DispatchProxy.Create<IPartitionGrain, Proxy>()
                : DispatchProxy.Create<IPartitionRelayGrain, Proxy>();
            ((Proxy)(object)grain).Answer = (called, _) =>
            {
                Assert.Equal(nameof(IPartitionCalls.Wake), called.Name);
                asked.Enqueue(way);
                return wake(way);
            };
            return grain;
        };
        return (new PartitionWays(grains, Partition), asked);
    }

    public class Proxy : DispatchProxy
    {
        public Func<MethodInfo, object?[], object> Answer { get; set; } = (_, _) => throw new NotSupportedException();

        protected override object? Invoke(MethodInfo? targetMethod, object?[]? args) =>
            Answer(targetMethod ?? throw new NotSupportedException(), args ?? []);
    }
}
