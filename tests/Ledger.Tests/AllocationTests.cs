namespace OrleansWallet.Ledger.Tests;

public sealed class AllocationTests
{
    private const int Transfers = 10_000;
    private const int Accounts = 100;

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_transfer_that_succeeds_allocates_nothing(bool hints)
    {
        var ledger = TestLedger.WithSettlement(batchBytes: Transfers * Records.LengthMax);
        for (var i = 0; i < Accounts; i++) ledger.Open($"account-{i}", "USD");
        for (var i = 0; i < Accounts; i++) ledger.Send(-1 - i, "settlement:USD", $"account-{i}", 1_000_000);
        ledger.Kept.MakeRoom(Transfers * 2);
        var warmUp = Commands(ledger, firstId: 1, hints);
        var measured = Commands(ledger, firstId: Transfers + 1, hints);
        var outcomes = new TransferOutcome[Transfers];
        ledger.Partition.Execute(warmUp, ledger.NowMicros, ledger.Kept.Batch, outcomes);
        ledger.Kept.KeepBatch();

        var before = GC.GetAllocatedBytesForCurrentThread();
        ledger.Partition.Execute(measured, ledger.NowMicros, ledger.Kept.Batch, outcomes);
        var allocated = GC.GetAllocatedBytesForCurrentThread() - before;

        Assert.Equal(0, allocated);
        Assert.All(outcomes, outcome => Assert.Equal((Rejection.None, false), (outcome.Rejection, outcome.Replayed)));
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
