using Npgsql;
using OrleansWallet.Storage.Partitions;
using OrleansWallet.Storage.Tests.Support;
using OrleansWallet.Testing;
using Xunit.Abstractions;

namespace OrleansWallet.Storage.Tests.Partitions;

[Collection(PostgresCollection.Name)]
public sealed class PartitionFailureTests(PostgresServer server, ITestOutputHelper output)
{
    [PostgresFact]
    public async Task No_batch_that_was_answered_is_lost_when_the_server_crashes()
    {
        var place = await PartitionPlace.NewAsync(server);
        await using var journals = await place.OpenAsync();
        var appends = new CheckedAppends(journals, 64);

        await appends.RunAsync(
            disturbances: 4, batchesBetween: 1_000, () => server.Running.RestartAsync(immediate: true));

        Tell(appends);
        Assert.NotEqual(0, appends.Unknown + appends.NotWritten);
    }

    [PostgresFact]
    public async Task No_batch_that_was_answered_is_lost_when_sessions_are_killed()
    {
        var place = await PartitionPlace.NewAsync(server);
        await using var journals = await place.OpenAsync();
        var appends = new CheckedAppends(journals, 32);

        await appends.RunAsync(disturbances: 6, batchesBetween: 300, place.KillSessionsAsync);

        Tell(appends);
        Assert.NotEqual(0, appends.Unknown + appends.NotWritten);
    }

    [PostgresFact]
    public async Task A_group_that_takes_too_long_is_of_unknown_outcome_and_the_next_activation_makes_it_known()
    {
        var place = await PartitionPlace.NewAsync(server);
        await using var journals = await place.OpenAsync(new PartitionStoreOptions { CommandSeconds = 1 });
        var partition = await TestPartition.ActivateAsync(journals, 1);
        await using (var session = await place.ConnectAsync())
        {
            // A row of the same key that is not committed: whoever comes second waits for what becomes of it.
            await using var command = new NpgsqlCommand("""
                BEGIN; INSERT INTO partition_journal (partition, sequence, payload) VALUES (1, 2, '')
                """, session);
            await command.ExecuteNonQueryAsync();
            var failed = await Assert.ThrowsAsync<StateUnavailableException>(() => partition.AppendAsync());
            Assert.False(failed.IsOutcomeKnown);
            var behind = await Assert.ThrowsAsync<StateUnavailableException>(() => partition.AppendAsync());
            Assert.True(behind.IsOutcomeKnown);
        }

        var again = await TestPartition.ActivateAsync(journals, 1);
        await again.AppendAsync();
        Assert.Equal(again.Point, (await again.ReadAllAsync())[^1].After);
    }

    [PostgresFact]
    public async Task A_group_that_the_server_refuses_at_its_commit_is_known_not_to_be_written()
    {
        var place = await PartitionPlace.NewAsync(server);
        await using var journals = await place.OpenAsync();
        var partition = await TestPartition.ActivateAsync(journals, 1);
        await place.ExecuteAsync("""
            CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'refused'; END $$;
            CREATE CONSTRAINT TRIGGER late AFTER INSERT ON partition_journal DEFERRABLE INITIALLY DEFERRED
            FOR EACH ROW EXECUTE FUNCTION refuse();
            """);

        var failed = await Assert.ThrowsAsync<StateUnavailableException>(() => partition.AppendAsync());

        Assert.True(failed.IsOutcomeKnown);
        Assert.Contains("refused", failed.Message, StringComparison.Ordinal);
        Assert.Single(await partition.ReadAllAsync());
        await place.ExecuteAsync("DROP TRIGGER late ON partition_journal");
        await (await TestPartition.ActivateAsync(journals, 1)).AppendAsync();
    }

    [PostgresFact]
    public async Task A_batch_that_finds_no_server_is_known_not_to_be_written()
    {
        var place = await PartitionPlace.NewAsync(server);
        await using var journals = await place.OpenAsync();
        var partition = await TestPartition.ActivateAsync(journals, 1);
        await server.Running.StopAsync();
        try
        {
            var failed = await Assert.ThrowsAsync<StateUnavailableException>(() => partition.AppendAsync());
            Assert.True(failed.IsOutcomeKnown);
            await Assert.ThrowsAsync<StateUnavailableException>(() => partition.ReadAllAsync());
            await Assert.ThrowsAsync<StateUnavailableException>(() => journals.FindAsync(1, 1));
            await Assert.ThrowsAsync<StateUnavailableException>(() => journals.ArchiveSomeAsync(1));
            await Assert.ThrowsAsync<StateUnavailableException>(() => place.OpenAsync());
            await Assert.ThrowsAsync<StateUnavailableException>(
                () => journals.WriteSnapshotAsync(partition.Point, image => image.WriteByte(1)));
            await Assert.ThrowsAsync<StateUnavailableException>(
                () => journals.ReadNewestSnapshotAsync(1, image => image.ReadByte(), _ => { }));
        }
        finally
        {
            await server.Running.StartAgainAsync();
        }

        await (await TestPartition.ActivateAsync(journals, 1)).AppendAsync();
    }

    private void Tell(CheckedAppends appends) => output.WriteLine(
        $"{appends.Answered} batches answered, {appends.Unknown} of unknown outcome, {appends.NotWritten} not written");
}
