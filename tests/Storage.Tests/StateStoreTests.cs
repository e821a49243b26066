using OrleansWallet.Storage.Tests.Support;
using OrleansWallet.Testing;

namespace OrleansWallet.Storage.Tests;

[Collection(PostgresCollection.Name)]
public sealed class StateStoreTests(PostgresServer server)
{
    private static readonly StateKind[] Kinds = Enum.GetValues<StateKind>();

    [Theory, OnSqlite, OnPostgres]
    public async Task A_row_is_read_as_it_was_written_in_each_kind(Database database)
    {
        using var place = await StorePlace.NewAsync(database, server);
        await using var store = await place.OpenAsync();
        foreach (var kind in Kinds)
        {
            var key = Rows.KeyOf(kind, 1);
            Assert.Null(await store.LoadAsync(kind, key));
            foreach (var row in new[] { Rows.Of(key, 1, 7), Rows.Of(key, 2, -1, 1, 2, 0), Rows.Of(key, 3, 9) })
            {
                await store.StoreAsync(kind, row);
                Rows.AssertSame(row, await store.LoadAsync(kind, key));
            }
        }
    }

    [Theory, OnSqlite, OnPostgres]
    public async Task A_row_is_there_after_the_store_was_opened_again(Database database)
    {
        using var place = await StorePlace.NewAsync(database, server);
        await using (var store = await place.OpenAsync()) await store.StoreAsync(StateKind.Account, Rows.Of("a", 1, 5));

        await using var again = await place.OpenAsync();

        Rows.AssertSame(Rows.Of("a", 1, 5), await again.LoadAsync(StateKind.Account, "a"));
    }

    [Theory, OnSqlite, OnPostgres]
    public async Task Any_version_but_the_next_is_a_conflict_and_writes_nothing(Database database)
    {
        using var place = await StorePlace.NewAsync(database, server);
        await using var store = await place.OpenAsync();
        await AssertConflict(store, Rows.Of("a", 2));
        await store.StoreAsync(StateKind.Account, Rows.Of("a", 1, 1));
        await store.StoreAsync(StateKind.Account, Rows.Of("a", 2, 2));

        foreach (var version in new[] { 1L, 2, 4, long.MaxValue })
            await AssertConflict(store, Rows.Of("a", version, 9));

        Rows.AssertSame(Rows.Of("a", 2, 2), await store.LoadAsync(StateKind.Account, "a"));
    }

    [Theory, OnSqlite, OnPostgres]
    public async Task One_rows_conflict_leaves_the_rest_of_its_group_alone(Database database)
    {
        using var place = await StorePlace.NewAsync(database, server);
        await using var store = await place.OpenAsync(new StateStoreOptions { WritersMax = 1 });
        foreach (var kind in Kinds)
        {
            for (var number = 0; number < 50; number++)
                await store.StoreAsync(kind, Rows.Of(Rows.KeyOf(kind, number), 1));
        }

        var stores = new List<(int Number, Task Task)>();
        foreach (var kind in Kinds)
        {
            for (var number = 0; number < 100; number++)
            {
                // Of every ten, one is written as if it weren't there, or were.
                var version = (number < 50) ^ (number % 10 == 0) ? 2 : 1;
                stores.Add((number, store.StoreAsync(kind, Rows.Of(Rows.KeyOf(kind, number), version, 1))));
            }
        }

        foreach (var (number, task) in stores)
        {
            if (number % 10 == 0) await Assert.ThrowsAsync<StateConflictException>(() => task);
            else await task;
        }
        foreach (var kind in Kinds)
        {
            Assert.Equal(0, Rows.NumberOf(await store.LoadAsync(kind, Rows.KeyOf(kind, 10))));
            Assert.Equal(1, Rows.NumberOf(await store.LoadAsync(kind, Rows.KeyOf(kind, 11))));
            Assert.Null(await store.LoadAsync(kind, Rows.KeyOf(kind, 60)));
            Assert.NotNull(await store.LoadAsync(kind, Rows.KeyOf(kind, 61)));
        }
    }

    [Theory, OnSqlite, OnPostgres]
    public async Task Stores_of_one_key_are_done_in_the_order_they_were_asked_for(Database database)
    {
        using var place = await StorePlace.NewAsync(database, server);
        await using var store = await place.OpenAsync();

        // None waits for the one before: each may only be sent once that one is written.
        await Task.WhenAll(Enumerable.Range(1, 100)
            .Select(version => store.StoreAsync(StateKind.Account, Rows.Of("a", version, version))));

        Rows.AssertSame(Rows.Of("a", 100, 100), await store.LoadAsync(StateKind.Account, "a"));
    }

    [Theory, OnSqlite, OnPostgres]
    public async Task Keys_and_rows_of_any_size_allowed_are_kept(Database database)
    {
        using var place = await StorePlace.NewAsync(database, server);
        await using var store = await place.OpenAsync(new StateStoreOptions { GroupBytesMax = 1 << 20 });
        var sizes = new[] { 0, 1, 4_000, 100_000, 5_000_000 };
        var rows = sizes.Select(size =>
        {
            var bytes = new byte[size];
            new Random(size).NextBytes(bytes);
            return new StoredState(new string((char)('a' + size % 26), 80), 1, bytes, bytes.AsMemory(size / 2));
        }).ToList();

        await Task.WhenAll(rows.Select(row => store.StoreAsync(StateKind.Account, row)));

        foreach (var row in rows) Rows.AssertSame(row, await store.LoadAsync(StateKind.Account, row.Key));
    }

    [Theory, OnSqlite, OnPostgres]
    public async Task A_uuid_in_capitals_names_the_same_row(Database database)
    {
        using var place = await StorePlace.NewAsync(database, server);
        await using var store = await place.OpenAsync();
        const string Key = "0a0b0c0d-1111-2222-3333-abcdefabcdef";
        await Task.WhenAll(
            store.StoreAsync(StateKind.Transfer, Rows.Of(Key.ToUpperInvariant(), 1)),
            store.StoreAsync(StateKind.Transfer, Rows.Of(Key, 2)));

        Rows.AssertSame(Rows.Of(Key, 2), await store.LoadAsync(StateKind.Transfer, Key.ToUpperInvariant()));
        await using var snapshot = await store.OpenSnapshotAsync();
        Rows.AssertSame(Rows.Of(Key, 2), await snapshot.FindAsync(StateKind.Transfer, Key.ToUpperInvariant()));
    }

    [Theory, OnSqlite, OnPostgres]
    public async Task What_is_no_key_or_no_version_is_refused_at_once(Database database)
    {
        using var place = await StorePlace.NewAsync(database, server);
        await using var store = await place.OpenAsync();
        foreach (var key in new[] { "", new string('a', 81), "nul\0", "ä", "line\n" })
            await Assert.ThrowsAnyAsync<ArgumentException>(() => store.LoadAsync(StateKind.Account, key));
        const string Digits = "0a0b0c0d111122223333abcdefabcdef";
        foreach (var key in new[] { "", "a", "{0a0b0c0d-1111-2222-3333-abcdefabcdef}", Digits })
            await Assert.ThrowsAnyAsync<ArgumentException>(() => store.LoadAsync(StateKind.Transfer, key));
        await Assert.ThrowsAnyAsync<ArgumentException>(() => store.LoadAsync((StateKind)9, "a"));
        await Assert.ThrowsAnyAsync<ArgumentException>(() => store.StoreAsync(StateKind.Account, Rows.Of("a", 0)));
    }

    [Theory, OnSqlite, OnPostgres]
    public async Task Nodes_are_numbered_on_and_a_fact_is_fixed_by_the_first(Database database)
    {
        using var place = await StorePlace.NewAsync(database, server);
        await using (var store = await place.OpenAsync())
        {
            var numbers = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => store.NextNodeAsync()));
            Assert.Equal(Enumerable.Range(1, 20).Select(number => (long)number), numbers.Order());
            var values = await Task.WhenAll(
                Enumerable.Range(0, 20).Select(number => store.FixAsync("stripes", $"{number}")));
            Assert.Single(values.Distinct());
            Assert.Equal("b", await store.FixAsync("other", "b"));
        }

        await using var again = await place.OpenAsync();

        Assert.Equal(21, await again.NextNodeAsync());
        Assert.Equal("b", await again.FixAsync("other", "c"));
    }

    [Theory, OnSqlite, OnPostgres]
    public async Task A_store_that_closes_finishes_what_it_took_and_takes_no_more(Database database)
    {
        using var place = await StorePlace.NewAsync(database, server);
        var store = await place.OpenAsync();
        var stores = Enumerable.Range(0, 500)
            .Select(number => store.StoreAsync(StateKind.Account, Rows.Of(Rows.KeyOf(StateKind.Account, number), 1)))
            .ToList();

        await store.DisposeAsync();

        await Task.WhenAll(stores);
        var refused = await Assert.ThrowsAsync<StateUnavailableException>(
            () => store.StoreAsync(StateKind.Account, Rows.Of("late", 1)));
        Assert.True(refused.IsOutcomeKnown);
    }

    [Theory, OnSqlite, OnPostgres]
    public async Task The_check_passes_and_can_be_cancelled(Database database)
    {
        using var place = await StorePlace.NewAsync(database, server);
        await using var store = await place.OpenAsync();

        await store.CheckAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(
            () => store.CheckAsync(new CancellationToken(canceled: true)));
    }

    private static async Task AssertConflict(IStateStore store, StoredState row)
    {
        var conflict = await Assert.ThrowsAsync<StateConflictException>(() => store.StoreAsync(StateKind.Account, row));
        Assert.Equal((StateKind.Account, row.Key, row.Version), (conflict.Kind, conflict.Key, conflict.Version));
    }
}
