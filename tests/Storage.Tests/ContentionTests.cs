using System.Collections.Concurrent;
using OrleansWallet.Storage.Tests.Support;
using OrleansWallet.Testing;

namespace OrleansWallet.Storage.Tests;

[Collection(PostgresCollection.Name)]
public sealed class ContentionTests(PostgresServer server)
{
    private const int StoreCount = 10_000;
    private const int KeyCount = 20;

    [Theory, OnSqlite, OnPostgres]
    public async Task Ten_thousand_stores_over_few_keys_from_two_stores_end_where_the_model_does(Database database)
    {
        using var place = await StorePlace.NewAsync(database, server);
        await using var one = await place.OpenAsync();
        // A file belongs to one process; a database serves many, as when a grain is active on two silos for a while.
        var other = database is Database.Postgres ? await place.OpenAsync() : null;
        var won = new ConcurrentDictionary<(string Key, long Version), int>();
        var refused = 0;

        await Task.WhenAll(Enumerable.Range(0, StoreCount).Select(async writer =>
        {
            await Task.Yield();
            var store = writer % 2 == 0 ? one : other ?? one;
            var key = Rows.KeyOf(StateKind.Account, writer % KeyCount);
            var held = await store.LoadAsync(StateKind.Account, key);
            var row = Rows.Of(key, (held?.Version ?? 0) + 1, writer);
            try
            {
                await store.StoreAsync(StateKind.Account, row);
                Assert.True(won.TryAdd((key, row.Version), writer), $"{key} has two versions {row.Version}.");
            }
            catch (StateConflictException)
            {
                Interlocked.Increment(ref refused);
            }
        }));

        Assert.Equal(StoreCount, won.Count + refused);
        foreach (var key in Enumerable.Range(0, KeyCount).Select(number => Rows.KeyOf(StateKind.Account, number)))
        {
            var row = await one.LoadAsync(StateKind.Account, key);
            Assert.NotNull(row);
            // Every version up to the last was won by one writer, and the last is what lies there.
            Assert.Equal(row.Version, won.Count(entry => entry.Key.Key == key));
            Assert.Equal(won[(key, row.Version)], Rows.NumberOf(row));
        }
        if (other is not null) await other.DisposeAsync();
    }

    [Theory, OnSqlite, OnPostgres]
    public async Task Writers_that_read_before_they_write_count_right(Database database)
    {
        using var place = await StorePlace.NewAsync(database, server);
        await using var store = await place.OpenAsync();

        await Task.WhenAll(Enumerable.Range(0, 100).Select(async writer =>
        {
            await Task.Yield();
            var key = Rows.Id(writer % 10);
            for (var done = 0; done < 10;)
            {
                var held = await store.LoadAsync(StateKind.Transfer, key);
                try
                {
                    await store.StoreAsync(
                        StateKind.Transfer, Rows.Of(key, (held?.Version ?? 0) + 1, Rows.NumberOf(held) + 1));
                    done++;
                }
                catch (StateConflictException)
                {
                    // Another was faster; the next try reads what it wrote.
                }
            }
        }));

        for (var number = 0; number < 10; number++)
            Assert.Equal(100, Rows.NumberOf(await store.LoadAsync(StateKind.Transfer, Rows.Id(number))));
    }
}
