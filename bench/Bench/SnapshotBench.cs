using System.Diagnostics;
using OrleansWallet.Ledger;

namespace OrleansWallet.Bench;

/// <summary>
/// What a snapshot costs the ledger's thread: the time of its turns (4,096 transfers each, uniform over all accounts)
/// while nothing is captured, and while a capture is under way, which copies an account before its first change and
/// 16,384 after each turn.
/// </summary>
internal static class SnapshotBench
{
    private const int TransfersPerTurn = 4096;
    private const int AccountsPerTurn = 16_384;
    private const int Turns = 400;

    public static int Run(BenchSettings settings)
    {
        var partition = new Partition(new NoTransfers());
        var records = new RecordBuffer(TransfersPerTurn * Records.LengthMax);
        var accounts = Fill(partition, records, settings.Accounts);
        var picker = new AccountPicker(accounts.Length, Spread.Uniform);
        var random = new FastRandom(11);

        settings.Print($"{TransfersPerTurn:N0} transfers a turn, {AccountsPerTurn:N0} accounts copied after each");
        Console.WriteLine(
            $"| turns of {TransfersPerTurn:N0} transfers, {settings.Accounts:N0} accounts | mean ms | longest ms |");
        Console.WriteLine("| --- | ---: | ---: |");
        Measure("warm-up", capture: null);
        Measure("no snapshot", capture: null);
        for (var i = 1; i <= 3; i++) Measure(
            $"snapshot {i}", partition.BeginCapture(AccountTable.CaptureMemory.Prepare(partition.Accounts.Count)));
        return 0;

        void Measure(string name, Partition.PartitionCapture? capture)
        {
            var longest = 0.0;
            var total = 0.0;
            var turns = 0;
            var commands = new TransferCommand[TransfersPerTurn];
            var outcomes = new TransferOutcome[TransfersPerTurn];
            var complete = false;
            for (; capture is null ? turns < Turns : !complete; turns++)
            {
                for (var i = 0; i < commands.Length; i++)
                {
                    var (from, to) = picker.Pick(ref random);
                    commands[i] = new TransferCommand(
                        new Transfer(random.NextId(), accounts[from], accounts[to], new Money(1, Usd)));
                }
                var begun = Stopwatch.GetTimestamp();
                records.Reset(1);
                partition.Directory.FindMany(commands);
                partition.Execute(commands, turns, records, outcomes);
                complete = capture?.CopySome(AccountsPerTurn) ?? false;
                var took = Stopwatch.GetElapsedTime(begun).TotalMilliseconds;
                longest = Math.Max(longest, took);
                total += took;
            }
            if (name != "warm-up") Console.WriteLine($"| {name}, {turns} turns | {total / turns:F2} | {longest:F2} |");
        }
    }

    private static Currency Usd { get; } = Currency.Parse("USD");

    private static AccountId[] Fill(Partition partition, RecordBuffer records, int count)
    {
        var ids = new AccountId[count];
        records.Reset(1);
        partition.OpenSettlementAccounts(0, records);
        var random = new FastRandom(5);
        var outcome = new TransferOutcome[1];
        for (var i = 0; i < count; i++)
        {
            ids[i] = AccountId.Parse($"user-{i:D9}");
            records.Reset(1);
            partition.Open(ids[i], Usd, 0, records, out _);
            var funding = new Transfer(random.NextId(), AccountId.Settlement(Usd), ids[i], new Money(1_000_000, Usd));
            partition.Execute([new TransferCommand(funding)], 0, records, outcome);
        }
        return ids;
    }

    /// <summary>Every id is new here: what the index costs is measured elsewhere.</summary>
    private sealed class NoTransfers : IRecordedTransfers
    {
        public void Prefetch(TransactionId id)
        {
        }

        public bool TryFind(TransactionId id, Span<byte> destination, out int length)
        {
            length = 0;
            return false;
        }

        public void Remember(TransactionId id, long place)
        {
        }
    }
}
