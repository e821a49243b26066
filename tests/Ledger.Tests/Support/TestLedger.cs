namespace OrleansWallet.Ledger.Tests;

// A partition with its records in memory, and a clock that the test turns.
internal sealed class TestLedger
{
    private TestLedger(KeptRecords kept, Partition partition) => (Kept, Partition) = (kept, partition);

    public KeptRecords Kept { get; }

    public Partition Partition { get; }

    public long NowMicros { get; set; } = 1_700_000_000_000_000;

    public byte[] Image => ImageOf(Partition);

    public static TestLedger Empty(int batchBytes = 1 << 16)
    {
        var kept = new KeptRecords(batchBytes);
        return new TestLedger(kept, new Partition(kept));
    }

    public static TestLedger WithSettlement(int batchBytes = 1 << 16)
    {
        var ledger = Empty(batchBytes);
        ledger.Partition.OpenSettlementAccounts(ledger.NowMicros, ledger.Kept.Batch);
        ledger.Kept.KeepBatch();
        return ledger;
    }

    public static TestLedger After(Script script)
    {
        var ledger = WithSettlement();
        ledger.Run(script);
        return ledger;
    }

    public static byte[] ImageOf(Partition partition)
    {
        var capture = partition.BeginCapture();
        Assert.True(capture.CopySome(int.MaxValue));
        using var image = new MemoryStream();
        capture.WriteTo(image);
        return image.ToArray();
    }

    // A second ledger with the same past, taken up from the image.
    public TestLedger Loaded()
    {
        var kept = Kept.Copy();
        return new TestLedger(kept, Partition.FromImage(new MemoryStream(Image), kept)) { NowMicros = NowMicros };
    }

    // A second ledger with the same past, folded from the records.
    public TestLedger Replayed()
    {
        var ledger = Empty();
        foreach (var (place, record) in Kept.All())
        {
            ledger.Partition.Apply(record, place);
            if (Records.TransactionIdOf(record) is { } id) ledger.Kept.Remember(id, place);
            record.CopyTo(ledger.Kept.Batch.Append(record.Length, out var copied));
            Assert.Equal(place, copied);
            ledger.Kept.KeepBatch();
        }
        ledger.NowMicros = NowMicros;
        return ledger;
    }

    public Rejection Open(string account, string currency, out bool created)
    {
        var answer = Partition.Open(
            AccountId.Parse(account), Currency.Parse(currency), NowMicros, Kept.Batch, out created);
        Kept.KeepBatch();
        return answer;
    }

    public void Open(string account, string currency) => Assert.Equal(Rejection.None, Open(account, currency, out _));

    public Rejection Freeze(string account, bool on = true)
    {
        var answer = Partition.SetFrozen(AccountId.Parse(account), on, NowMicros, Kept.Batch);
        Kept.KeepBatch();
        return answer;
    }

    public TransferOutcome Send(int id, string from, string to, long amount, string currency = "USD") =>
        Send([new TransferCommand(new Command.Send(id, from, to, amount, currency).ToTransfer())])[0];

    public TransferOutcome[] Send(ReadOnlySpan<TransferCommand> commands)
    {
        var outcomes = new TransferOutcome[commands.Length];
        Partition.Execute(commands, NowMicros, Kept.Batch, outcomes);
        Kept.KeepBatch();
        return outcomes;
    }

    public int NumberOf(string account)
    {
        Assert.True(Partition.Directory.TryFind(AccountId.Parse(account), out var number));
        return number;
    }

    public long BalanceOf(string account) => Partition.Accounts[NumberOf(account)].Account.Balance;

    // Answers to an opening are told as an outcome too: replayed where nothing was created.
    public List<TransferOutcome> Run(Script script, int batchMax = int.MaxValue, bool hints = false, long tick = 0)
    {
        var answers = new List<TransferOutcome>();
        var batch = new List<TransferCommand>();
        foreach (var step in script.Steps)
        {
            if (step is not Command.Send || batch.Count == batchMax) Flush();
            switch (step)
            {
                case Command.Send send:
                    batch.Add(ToCommand(send.ToTransfer(), hints));
                    break;
                case Command.Open open:
                    var refusal = Open(open.Account, open.Currency, out var created);
                    answers.Add(new TransferOutcome(refusal, !created, Partition.Sequence));
                    break;
                case Command.Freeze freeze:
                    answers.Add(new TransferOutcome(Freeze(freeze.Account, freeze.On), false, Partition.Sequence));
                    break;
            }
            NowMicros += tick;
        }
        Flush();
        return answers;

        void Flush()
        {
            answers.AddRange(Send(batch.ToArray()));
            batch.Clear();
        }
    }

    private TransferCommand ToCommand(Transfer transfer, bool hints)
    {
        if (!hints) return new TransferCommand(transfer);
        Partition.Directory.TryFind(transfer.From, out var from);
        Partition.Directory.TryFind(transfer.To, out var to);
        return new TransferCommand(transfer, from, to);
    }
}
