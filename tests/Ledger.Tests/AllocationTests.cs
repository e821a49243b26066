namespace OrleansWallet.Ledger.Tests;

// The runtime compiles code anew while it runs, and allocates for that in whatever thread comes by; on a machine with
// other work it takes its time. What a transfer allocates, it allocates in every round. So rounds go on until one
// allocates nothing: if a transfer does, there is none.
public sealed class AllocationTests
{
    private const int RoundsMax = 100;
    private const int Transfers = 1_000;
    private const int Accounts = 100;

    private delegate void Round(int firstId);

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_transfer_that_succeeds_allocates_nothing(bool hints)
    {
        var ledger = TestLedger.WithSettlement(batchBytes: Transfers * Records.LengthMax);
        for (var i = 0; i < Accounts; i++) ledger.Open($"account-{i}", "USD");
        for (var i = 0; i < Accounts; i++) ledger.Send(-1 - i, "settlement:USD", $"account-{i}", 1_000_000);
        ledger.Kept.MakeRoom(Transfers * RoundsMax);
        TransferCommand[] commands = [];
        var outcomes = new TransferOutcome[Transfers];

        AssertAllocatesNothing(
            prepare: firstId => commands = Commands(ledger, firstId, hints),
            round: _ => ledger.Partition.Execute(commands, ledger.NowMicros, ledger.Kept.Batch, outcomes),
            check: _ =>
            {
                Assert.All(
                    outcomes, outcome => Assert.Equal((Rejection.None, false), (outcome.Rejection, outcome.Replayed)));
                ledger.Kept.KeepBatch();
            });
    }

    [Theory]
    [InlineData(TransferProtocol.Tcc)]
    [InlineData(TransferProtocol.Saga)]
    public void A_transfer_between_partitions_that_succeeds_allocates_nothing(TransferProtocol protocol)
    {
        var two = Rich();
        var records = new RecordBuffer(2 * Transfers * Records.LengthMax);
        RemoteTransferCommand[] commands = [];
        var (numbers, orders) = (new long[Transfers], new CreditOrder[Transfers]);
        var (reserved, answers) = (new RemoteTransferAnswer[Transfers], new CreditAnswer[Transfers]);
        var progress = new TransferProgress[Transfers];
        var sent = 0L;

        AssertAllocatesNothing(
            prepare: firstId => commands =
                [.. Sent(firstId).Select(transfer => new RemoteTransferCommand(transfer, 1))],
            round: _ =>
            {
                two.Payer.Partition.Reserve(protocol, commands, two.NowMicros, Emptied(records), reserved);
                for (var i = 0; i < Transfers; i++) numbers[i] = reserved[i].Number;
                while (two.Payer.Partition.UnderWayCount > 0)
                {
                    var head = two.Payer.Partition.WriteOrders(1, numbers, orders, out var written);
                    two.Payee.Partition.Receive(
                        head, orders.AsSpan(0, written), two.NowMicros, Emptied(records), answers);
                    two.Payer.Partition.TakeAnswers(
                        1, head.AtMicros, answers, two.NowMicros, Emptied(records), progress);
                }
            },
            check: _ => Assert.Equal(sent += Transfers, two.Payee.BalanceOf("bob")));
    }

    [Fact]
    public void A_transfer_in_one_commit_that_succeeds_allocates_nothing()
    {
        var two = Rich();
        var (records, payeeRecords) = (
            new RecordBuffer(Transfers * Records.LengthMax), new RecordBuffer(Transfers * Records.LengthMax));
        Transfer[] transfers = [];
        var sent = 0L;

        AssertAllocatesNothing(
            prepare: firstId => transfers = Sent(firstId),
            round: _ =>
            {
                Emptied(records);
                Emptied(payeeRecords);
                foreach (ref readonly var transfer in transfers.AsSpan())
                    two.Payer.Partition.ExecuteTogether(
                        two.Payee.Partition, new TransferCommand(transfer), two.NowMicros, records, payeeRecords);
            },
            check: _ => Assert.Equal(sent += Transfers, two.Payee.BalanceOf("bob")));
    }

    [Fact]
    public void A_round_in_which_each_transfer_allocates_is_found_out()
    {
        var kept = new object[Transfers];

        Assert.ThrowsAny<Xunit.Sdk.XunitException>(() => AssertAllocatesNothing(
            prepare: _ => { },
            round: _ =>
            {
                for (var i = 0; i < Transfers; i++) kept[i] = new object();
            },
            check: _ => { },
            rounds: 3));
    }

    private static void AssertAllocatesNothing(Round prepare, Round round, Round check, int rounds = RoundsMax)
    {
        var allocated = new List<long>();
        for (var at = 0; at < rounds; at++)
        {
            var firstId = 1 + at * Transfers;
            prepare(firstId);
            var before = GC.GetAllocatedBytesForCurrentThread();
            round(firstId);
            allocated.Add(GC.GetAllocatedBytesForCurrentThread() - before);
            check(firstId);
            if (allocated[^1] == 0) return;
            // No wait for something of ours: the runtime compiles in the background.
            Thread.Sleep(20);
        }
        Assert.Fail($"Every round allocated: {string.Join(", ", allocated)} bytes.");
    }

    // Two partitions, a payer with money for all rounds, and a place for all their ids.
    private static TwoPartitions Rich()
    {
        var two = new TwoPartitions();
        two.Pay(two.Payer, -9, "settlement:USD", "alice", Transfers * RoundsMax);
        two.Payer.Kept.MakeRoom(Transfers * RoundsMax);
        return two;
    }

    private static Transfer[] Sent(int firstId) =>
        [.. Enumerable.Range(firstId, Transfers).Select(id => TwoPartitions.Transfer(id, 1))];

    private static RecordBuffer Emptied(RecordBuffer records)
    {
        records.Reset(0);
        return records;
    }

    private static TransferCommand[] Commands(TestLedger ledger, int firstId, bool hints) =>
        [.. Enumerable.Range(0, Transfers).Select(i =>
        {
            var (from, to) = ($"account-{i % Accounts}", $"account-{(i * 7 + 1) % Accounts}");
            if (from == to) to = "settlement:USD";
            var transfer = new Command.Send(firstId + i, from, to, 1 + i % 3, "USD").ToTransfer();
            return hints
                ? new TransferCommand(transfer, ledger.NumberOf(from), ledger.NumberOf(to))
                : new TransferCommand(transfer);
        })];
}
