using OrleansWallet.Ledger;
using OrleansWallet.Storage.Partitions;
using OrleansWallet.Storage.Tests.Support;
using OrleansWallet.Testing;

namespace OrleansWallet.Storage.Tests.Partitions;

// The ledger's own state machine over the journal: what is read again is the state that was, byte for byte.
[Collection(PostgresCollection.Name)]
public sealed class PartitionReplayTests(PostgresServer server)
{
    private const int Accounts = 200;
    private readonly Random random = new(20260119);
    private long nowMicros = 1_700_000_000_000_000;

    // With all of the old batches in the archive, and with the largest in the journal between them.
    [PostgresTheory]
    [InlineData(1 << 20, 40, 50)]
    [InlineData(8 << 10, 3, 39)]
    public async Task Replay_from_the_first_event_and_from_a_snapshot_give_the_live_state_byte_for_byte(
        int archivedBatchBytesMax, int archivedMin, int archivedMax)
    {
        var place = await PartitionPlace.NewAsync(server);
        await using var journals = await place.OpenAsync(new PartitionStoreOptions
        {
            SnapshotChunkBytes = 4_096, ArchiveRowBytesMax = 1 << 16, ReadBatchesMax = 8,
            ArchivedBatchBytesMax = archivedBatchBytesMax,
        });
        var live = new HostedPartition(PartitionPoint.Start(journals.LedgerId, 11));
        await live.ActivateAsync(journals);
        await live.ExecuteAsync(journals, records => Open(live.State, records));
        var archived = 0;
        for (var round = 0; round < 6; round++)
        {
            for (var i = 0; i < 8; i++) await live.ExecuteAsync(journals, records => Transfer(live.State, records, 90));
            await live.SnapshotAsync(journals);
            for (int some; (some = await journals.ArchiveSomeAsync(11)) > 0; archived += some) ;
            await live.ExecuteAsync(journals, records => Transfer(live.State, records, 10));

            var fromFirst = new HostedPartition(PartitionPoint.Start(journals.LedgerId, 11));
            await fromFirst.ReplayAsync(journals);
            var fromSnapshot = await HostedPartition.FromSnapshotAsync(journals, 11);
            await fromSnapshot.ReplayAsync(journals);

            Assert.Equal(live.Point, fromFirst.Point);
            Assert.Equal(live.Point, fromSnapshot.Point);
            Assert.Equal(live.State.Sequence + 1, live.Point.NextEvent);
            var image = live.Image();
            Assert.Equal(image, fromFirst.Image());
            Assert.Equal(image, fromSnapshot.Image());
            // Another activation goes on where this one ends.
            await fromSnapshot.ActivateAsync(journals);
            live = fromSnapshot;
        }
        Assert.InRange(archived, archivedMin, archivedMax);
        Assert.True(live.State.Transfers > 1_000);
    }

    private void Open(Partition state, RecordBuffer records)
    {
        state.OpenSettlementAccounts(nowMicros, records);
        for (var i = 0; i < Accounts; i++)
        {
            var refusal = state.Open(AccountOf(i), Euro(), nowMicros, records, out var created);
            Assert.Equal((Rejection.None, true), (refusal, created));
        }
    }

    private void Transfer(Partition state, RecordBuffer records, int count)
    {
        var commands = new TransferCommand[count];
        for (var i = 0; i < count; i++)
        {
            // Half come from the settlement account; of the others some find too little.
            var to = AccountOf(random.Next(Accounts));
            var from = random.Next(2) == 0 ? AccountId.Settlement(Euro()) : AccountOf(random.Next(Accounts));
            var amount = new Money(random.Next(1, 1_000), Euro());
            commands[i] = new TransferCommand(new Transfer(new TransactionId(Guid.NewGuid()), from, to, amount));
        }
        nowMicros += 1_000;
        state.Execute(commands, nowMicros, records, new TransferOutcome[count]);
    }

    private static AccountId AccountOf(int number) => AccountId.Parse($"account-{number}");

    private static Currency Euro() =>
        Currency.TryFromNumericCode(978, out var euro) ? euro : throw new InvalidOperationException("No euro.");
}
