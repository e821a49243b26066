namespace OrleansWallet.Ledger.Tests;

public sealed class AllocationTests
{
    private const int Transfers = 10_000;
    private const int Accounts = 100;
    private const int Rounds = 4;

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_transfer_that_succeeds_allocates_nothing(bool hints)
    {
        var ledger = TestLedger.WithSettlement(batchBytes: Transfers * Records.LengthMax);
        for (var i = 0; i < Accounts; i++) ledger.Open($"account-{i}", "USD");
        for (var i = 0; i < Accounts; i++) ledger.Send(-1 - i, "settlement:USD", $"account-{i}", 1_000_000);
        ledger.Kept.MakeRoom(Transfers * Rounds);
        var outcomes = new TransferOutcome[Transfers];
        var allocated = new List<long>(Rounds);
        for (var round = 0; round < Rounds; round++)
        {
            var commands = Commands(ledger, firstId: round * Transfers + 1, hints);
            var before = GC.GetAllocatedBytesForCurrentThread();
            ledger.Partition.Execute(commands, ledger.NowMicros, ledger.Kept.Batch, outcomes);
            allocated.Add(GC.GetAllocatedBytesForCurrentThread() - before);
            Assert.All(
                outcomes, outcome => Assert.Equal((Rejection.None, false), (outcome.Rejection, outcome.Replayed)));
            ledger.Kept.KeepBatch();
        }

        // The runtime compiles the code anew in the first rounds.
        Assert.Contains(0, allocated.Skip(1));
    }

    [Theory]
    [InlineData(TransferProtocol.Tcc)]
    [InlineData(TransferProtocol.Saga)]
    public void A_transfer_between_partitions_that_succeeds_allocates_nothing(TransferProtocol protocol)
    {
        const int count = 1_000;
        const int rounds = 4;
        var two = new TwoPartitions();
        two.Pay(two.Payer, -9, "settlement:USD", "alice", rounds * count);
        two.Payer.Kept.MakeRoom(rounds * count);
        var records = new RecordBuffer(4 * rounds * count * Records.LengthMax);
        var commands = Enumerable.Range(1, rounds * count)
            .Select(id => new RemoteTransferCommand(TwoPartitions.Transfer(id, 1), 1)).ToArray();
        var (numbers, orders) = (new long[count], new CreditOrder[count]);
        var (reserved, answers) = (new RemoteTransferAnswer[count], new CreditAnswer[count]);
        var progress = new TransferProgress[count];
        var allocated = new List<long>(rounds);
        for (var round = 0; round < rounds; round++)
        {
            var before = GC.GetAllocatedBytesForCurrentThread();
            Move(commands.AsSpan(round * count, count));
            allocated.Add(GC.GetAllocatedBytesForCurrentThread() - before);
        }

        // The first rounds fill what grows with what is under way, and the runtime compiles the code anew meanwhile.
        Assert.Contains(0, allocated.Skip(1));
        Assert.Equal(rounds * count, two.Payee.BalanceOf("bob"));

        void Move(ReadOnlySpan<RemoteTransferCommand> some)
        {
            two.Payer.Partition.Reserve(protocol, some, two.NowMicros, records, reserved);
            for (var i = 0; i < count; i++) numbers[i] = reserved[i].Number;
            while (two.Payer.Partition.UnderWayCount > 0)
            {
                var head = two.Payer.Partition.WriteOrders(1, numbers, orders, out var written);
                two.Payee.Partition.Receive(head, orders.AsSpan(0, written), two.NowMicros, records, answers);
                two.Payer.Partition.TakeAnswers(1, head.AtMicros, answers, two.NowMicros, records, progress);
            }
        }
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
