using OrleansWallet.Storage.Tests.Support;
using OrleansWallet.Testing;

namespace OrleansWallet.Storage.Tests;

[Collection(PostgresCollection.Name)]
public sealed class SnapshotTests(PostgresServer server)
{
    [Theory, OnSqlite, OnPostgres]
    public async Task A_snapshot_shows_one_moment_however_long_it_is_read(Database database)
    {
        using var place = await StorePlace.NewAsync(database, server);
        await using var store = await place.OpenAsync();
        await FillAsync(store, StateKind.Account, 0, 1_200);
        await FillAsync(store, StateKind.Transfer, 0, 10);

        await using var snapshot = await store.OpenSnapshotAsync();
        await FillAsync(store, StateKind.Account, 1_200, 1_300);
        await Task.WhenAll(Enumerable.Range(0, 1_200).Select(number => store.StoreAsync(
            StateKind.Account, Rows.Of(Rows.KeyOf(StateKind.Account, number), 2, 99))));
        var seen = 0;
        await foreach (var row in snapshot.ScanAsync(StateKind.Account))
        {
            Assert.Equal((1, 0), (row.Version, Rows.NumberOf(row)));
            // Looking something up in the midst of a scan disturbs neither.
            if (seen++ % 400 == 0) Rows.AssertSame(row, await snapshot.FindAsync(StateKind.Account, row.Key));
            if (seen == 700) Assert.Equal(10, await CountAsync(snapshot, StateKind.Transfer));
        }

        Assert.Equal(1_200, seen);
        Assert.Null(await snapshot.FindAsync(StateKind.Account, Rows.KeyOf(StateKind.Account, 1_250)));
        Assert.Equal(0, await CountAsync(snapshot, StateKind.StatusChange));
        await using var later = await store.OpenSnapshotAsync();
        Assert.Equal(1_300, await CountAsync(later, StateKind.Account));
    }

    [Theory, OnSqlite, OnPostgres]
    public async Task A_snapshot_never_sees_a_later_write_without_an_earlier_one(Database database)
    {
        using var place = await StorePlace.NewAsync(database, server);
        await using var store = await place.OpenAsync();
        await store.StoreAsync(StateKind.Account, Rows.Of("first", 1));
        await store.StoreAsync(StateKind.Transfer, Rows.Of(Rows.Id(1), 1));
        using var stop = new CancellationTokenSource();
        // The second row follows the first: at any moment it is at most as far.
        var writing = Task.Run(async () =>
        {
            for (var version = 2L; !stop.IsCancellationRequested; version++)
            {
                await store.StoreAsync(StateKind.Account, Rows.Of("first", version));
                await store.StoreAsync(StateKind.Transfer, Rows.Of(Rows.Id(1), version));
            }
        });

        for (var round = 0; round < 100; round++)
        {
            await using var snapshot = await store.OpenSnapshotAsync();
            var later = await snapshot.FindAsync(StateKind.Transfer, Rows.Id(1));
            var earlier = await snapshot.FindAsync(StateKind.Account, "first");
            Assert.InRange((earlier?.Version ?? 0) - (later?.Version ?? 0), 0, 1);
        }
        await stop.CancelAsync();
        await writing;
    }

    [Theory, OnSqlite, OnPostgres]
    public async Task Too_many_snapshots_wait_and_are_refused_in_the_end(Database database)
    {
        using var place = await StorePlace.NewAsync(database, server);
        await using var store = await place.OpenAsync(new StateStoreOptions { SnapshotsMax = 2, CommandSeconds = 1 });
        await using var first = await store.OpenSnapshotAsync();
        var second = await store.OpenSnapshotAsync();

        await Assert.ThrowsAsync<StateUnavailableException>(() => store.OpenSnapshotAsync());
        var waiting = store.OpenSnapshotAsync();
        await second.DisposeAsync();

        await (await waiting).DisposeAsync();
        // Stores and loads have connections of their own.
        await store.StoreAsync(StateKind.Account, Rows.Of("a", 1));
    }

    [Theory, OnSqlite, OnPostgres]
    public async Task A_scan_can_be_left_halfway(Database database)
    {
        using var place = await StorePlace.NewAsync(database, server);
        await using var store = await place.OpenAsync();
        await FillAsync(store, StateKind.Account, 0, 1_200);
        await using var snapshot = await store.OpenSnapshotAsync();

        await foreach (var row in snapshot.ScanAsync(StateKind.Account))
        {
            if (row.Version == 1) break;
        }
        using var cancelled = new CancellationTokenSource();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () =>
        {
            await foreach (var row in snapshot.ScanAsync(StateKind.Account, cancelled.Token))
                await cancelled.CancelAsync();
        });

        await using var other = await store.OpenSnapshotAsync();
        Assert.Equal(1_200, await CountAsync(other, StateKind.Account));
    }

    private static Task FillAsync(IStateStore store, StateKind kind, int from, int to) => Task.WhenAll(
        Enumerable.Range(from, to - from)
            .Select(number => store.StoreAsync(kind, Rows.Of(Rows.KeyOf(kind, number), 1))));

    private static async Task<int> CountAsync(IStateSnapshot snapshot, StateKind kind)
    {
        var count = 0;
        await foreach (var row in snapshot.ScanAsync(kind)) count++;
        return count;
    }
}
