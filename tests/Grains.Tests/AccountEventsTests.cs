using OrleansWallet.Grains.Tests.Support;
using OrleansWallet.Ledger;
using OrleansWallet.Storage;
using Xunit.Abstractions;

namespace OrleansWallet.Grains.Tests;

/// <summary>An account's events are tied together so that each past moment is found, in few steps.</summary>
[Collection(SharedCluster.Name)]
public sealed class AccountEventsTests(SharedCluster shared, ITestOutputHelper output) : IAsyncDisposable
{
    private const string Key = "alice";
    private const int StepsMax = 450;

    private readonly MemoryStore store = new();
    private readonly List<Moment> moments = [];
    private AccountRecord record = AccountEvents.Opened(Ids.Usd.NumericCode, 10);

    private sealed record Moment(long Sequence, long Balance, long Version, bool IsFrozen, bool IsEntry);

    public ValueTask DisposeAsync() => store.DisposeAsync();

    [Theory]
    [InlineData(1, 300, 0)]
    [InlineData(2, 700, 3)]
    [InlineData(3, 9_000, 7)]
    [InlineData(4, 9_000, 200)]
    public async Task Every_past_moment_is_found_within_the_stated_steps(int seed, int events, int statusEvery)
    {
        await HappenAsync(new Random(seed), events, statusEvery);
        var random = new Random(seed);
        var (most, reads) = (0, 0);
        for (var i = -1; i < moments.Count; i += 1 + random.Next(1 + events / 400))
        {
            // The moment itself, and just before the next event.
            var expected = i < 0 ? null : moments[i];
            var until = i + 1 < moments.Count ? moments[i + 1].Sequence - 1 : long.MaxValue;
            foreach (var sequence in new[] { expected?.Sequence ?? 10, until })
            {
                var before = store.Loads;
                var chain = NewChain();
                await chain.SeekAsync(sequence);
                most = Math.Max(most, store.Loads - before);
                reads++;
                Assert.Equal(expected?.Sequence, chain.Current?.Sequence);
                Assert.Equal((expected?.Balance ?? 0, expected?.Version ?? 0), chain.Standing);
                Assert.Equal(expected?.IsFrozen ?? false, chain.IsFrozen);
            }
        }
        Assert.InRange(most, 1, StepsMax);
        output.WriteLine($"{events} events, {record.Version} entries, {reads} reads, {most} steps at most");
    }

    [Fact]
    public async Task Going_back_one_by_one_meets_every_event_once()
    {
        await HappenAsync(new Random(9), 6_000, 11);
        var chain = NewChain();
        await chain.SeekAsync(long.MaxValue);
        foreach (var moment in Enumerable.Reverse(moments))
        {
            Assert.Equal(moment.Sequence, chain.Current?.Sequence);
            Assert.Equal(moment.IsEntry, chain.Current?.Transfer is not null);
            await chain.BackAsync();
        }
        Assert.Null(chain.Current);
    }

    [Fact]
    public void The_next_event_is_numbered_above_all_that_the_account_has_seen()
    {
        Assert.Equal(10, AccountEvents.SequenceSeen(record));
        Assert.Equal(30, AccountEvents.SequenceSeen(record with { Sequence = 20, ReadSequence = 30 }));
        Assert.Equal(40, AccountEvents.SequenceSeen(record with { Sequence = 40, ReadSequence = 30 }));
    }

    private AccountChain NewChain() => new(
        new EventReader(
            store, shared.Cluster.Cluster.Client, shared.Cluster.Service<Transactions>(),
            shared.Cluster.Service<StateCodec<TransferState>>(),
            shared.Cluster.Service<StateCodec<StatusChangeState>>()),
        Key, record);

    private async Task HappenAsync(Random random, int events, int statusEvery)
    {
        var sequence = 10L;
        for (var i = 0; i < events; i++)
        {
            sequence += random.Next(1, 5);
            var id = Guid.NewGuid();
            if (statusEvery > 0 && random.Next(statusEvery) == 0) await StatusAsync(id, sequence);
            else await EntryAsync(id, sequence, random.Next(1, 100));
        }
    }

    private async Task EntryAsync(Guid id, long sequence, long amount)
    {
        var (after, side) = AccountEvents.Entry(record, id, record.Balance + amount, sequence);
        record = after;
        var order = new TransferOrder(id, "settlement:USD", Key, amount, Ids.Usd.NumericCode);
        await WriteAsync(StateKind.Transfer, id, new TransferState
        {
            Record = new TransferRecord(order, Rejection.None, sequence, null, side),
        });
        moments.Add(new Moment(sequence, record.Balance, record.Version, false, IsEntry: true));
    }

    private async Task StatusAsync(Guid id, long sequence)
    {
        // A frozen account has no entries; so here it is thawed at once, by the next event.
        var frozen = moments is not [.., { IsFrozen: true }];
        var (after, side) = AccountEvents.Status(record, id, frozen, sequence);
        record = after;
        await WriteAsync(StateKind.StatusChange, id, new StatusChangeState
        {
            Record = new StatusChangeRecord(
                Key, frozen, sequence, new Dictionary<string, AccountSideRecord> { [Key] = side }),
        });
        moments.Add(new Moment(sequence, record.Balance, record.Version, frozen, IsEntry: false));
    }

    private Task WriteAsync<TState>(StateKind kind, Guid id, TState state) where TState : class, new() =>
        store.StoreAsync(kind, new StoredState(
            id.ToString("D"), 1, shared.Cluster.Service<StateCodec<TState>>().Write(state), default));
}
