namespace OrleansWallet.Ledger.Tests;

// A payer's and a payee's partition, and nothing that goes by itself: the test carries every message.
internal sealed class TwoPartitions
{
    public TwoPartitions(long nowMicros = 1_700_000_000_000_000)
    {
        NowMicros = nowMicros;
        (Payer, Payee) = (new Side(0), new Side(1));
        foreach (var side in new[] { Payer, Payee })
        {
            side.Partition.OpenSettlementAccounts(
                NowMicros, side.Kept.Batch, id => id == AccountId.Settlement(Currency.Parse("USD")));
            side.Kept.KeepBatch();
        }
        Open(Payer, "alice");
        Open(Payee, "bob");
        Pay(Payer, -1, "settlement:USD", "alice", 300);
    }

    public long NowMicros { get; set; }

    public Side Payer { get; }

    public Side Payee { get; }

    public LedgerTotal Total => Assert.Single(LedgerCut.Sum([Payer.Partition.Cut(), Payee.Partition.Cut()]));

    public static Transfer Transfer(int id, long amount, string to = "bob", string from = "alice") =>
        new Command.Send(id, from, to, amount, "USD").ToTransfer();

    public void Open(Side side, string account, string currency = "USD")
    {
        side.Partition.Open(AccountId.Parse(account), Currency.Parse(currency), NowMicros, side.Kept.Batch, out _);
        side.Kept.KeepBatch();
    }

    public void Freeze(Side side, string account, bool on = true)
    {
        side.Partition.SetFrozen(AccountId.Parse(account), on, NowMicros, side.Kept.Batch);
        side.Kept.KeepBatch();
    }

    // A transfer inside one partition.
    public TransferOutcome Pay(Side side, int id, string from, string to, long amount)
    {
        var outcomes = new TransferOutcome[1];
        side.Partition.Execute(
            [new TransferCommand(Transfer(id, amount, to, from))], NowMicros, side.Kept.Batch, outcomes);
        side.Kept.KeepBatch();
        return outcomes[0];
    }

    public bool[] Claim(Side home, int payer, params int[] ids)
    {
        var answers = new ClaimAnswer[ids.Length];
        home.Partition.Claim(payer, 0, [.. ids.Select(Command.IdOf)], NowMicros, home.Kept.Batch, answers);
        home.Kept.KeepBatch();
        return Array.ConvertAll(answers, answer => answer != ClaimAnswer.Refused);
    }

    public RemoteTransferAnswer Reserve(
        Transfer transfer, TransferProtocol protocol = TransferProtocol.Tcc, Rejection? payeeRefusal = null)
    {
        var answers = new RemoteTransferAnswer[1];
        Payer.Partition.Reserve(
            protocol, [new RemoteTransferCommand(transfer, 1, PayeeRefusal: payeeRefusal)], NowMicros,
            Payer.Kept.Batch, answers);
        Payer.Kept.KeepBatch();
        return answers[0];
    }

    // Both legs in one commit, from the payer's side to the payee's, or back.
    public RemoteTransferAnswer Together(Transfer transfer, bool back = false)
    {
        var (from, to) = back ? (Payee, Payer) : (Payer, Payee);
        var answer = from.Partition.ExecuteTogether(
            to.Partition, new TransferCommand(transfer), NowMicros, from.Kept.Batch, to.Kept.Batch);
        from.Kept.KeepBatch();
        to.Kept.KeepBatch();
        return answer;
    }

    public TransferOutcome SentTogether(int id, long amount, string to = "bob", string from = "alice")
    {
        var answer = Together(Transfer(id, amount, to, from));
        Assert.Equal(RemoteTransferStep.Decided, answer.Step);
        return answer.Outcome;
    }

    public long Reserved(int id, long amount, string to = "bob", TransferProtocol protocol = TransferProtocol.Tcc)
    {
        var answer = Reserve(Transfer(id, amount, to), protocol);
        Assert.Equal(RemoteTransferStep.Reserved, answer.Step);
        return answer.Number;
    }

    public (ChannelHead Head, CreditOrder Order) OrderOf(long number)
    {
        var orders = new CreditOrder[1];
        var head = Payer.Partition.WriteOrders(1, [number], orders, out var written);
        Assert.Equal(1, written);
        return (head, orders[0]);
    }

    public CreditAnswer Receive((ChannelHead Head, CreditOrder Order) message)
    {
        var answers = new CreditAnswer[1];
        Payee.Partition.Receive(message.Head, [message.Order], NowMicros, Payee.Kept.Batch, answers);
        Payee.Kept.KeepBatch();
        return answers[0];
    }

    public TransferProgress Take(CreditAnswer answer)
    {
        var progress = new TransferProgress[1];
        Payer.Partition.TakeAnswers(
            1, Payee.Partition.LastAtMicros, [answer], NowMicros, Payer.Kept.Batch, progress);
        Payer.Kept.KeepBatch();
        return progress[0];
    }

    public bool GiveUp(int id)
    {
        var gaveUp = Payer.Partition.GiveUp(Command.IdOf(id), NowMicros, Payer.Kept.Batch);
        Payer.Kept.KeepBatch();
        return gaveUp;
    }

    // The order that is due, there, and the answer back.
    public TransferProgress Carry(long number) => Take(Receive(OrderOf(number)));

    // All that is due until there is an outcome.
    public TransferProgress CarryAll(long number)
    {
        var progress = Carry(number);
        while (progress.Kind is ProgressKind.None or ProgressKind.Confirm) progress = Carry(number);
        return progress;
    }

    // Both partitions folded anew from their journals, and taken up from their images, are the same byte for byte.
    public void AssertReplays()
    {
        foreach (var side in new[] { Payer, Payee })
        {
            var image = side.Image;
            var partition = side.Anew();
            foreach (var (place, record) in side.Kept.All()) partition.Apply(record, place);
            Assert.Equal(image, TestLedger.ImageOf(partition));
            side.Load();
            Assert.Equal(image, side.Image);
        }
    }

    internal sealed class Side : IClaims
    {
        private readonly Dictionary<TransactionId, int> claims = [];

        public Side(int number)
        {
            Kept = new KeptRecords(1 << 14);
            Partition = new Partition(Kept, new Membership(number, 2, this));
        }

        public KeptRecords Kept { get; private set; }

        public Partition Partition { get; private set; }

        public byte[] Image => TestLedger.ImageOf(Partition);

        public byte[] Newest => Kept.All().Last().Record;

        public long BalanceOf(string account) => Partition.Accounts[NumberOf(account)].Account.Balance;

        public long HeldOf(string account) => Partition.HeldOf(NumberOf(account)).MinorUnits;

        public long PromisedOf(string account) => Partition.PromisedOf(NumberOf(account)).MinorUnits;

        public int NumberOf(string account)
        {
            Assert.True(Partition.Directory.TryFind(AccountId.Parse(account), out var number));
            return number;
        }

        // Another one of the same place in the ledger, with nothing in it.
        public Partition Anew() => new(new KeptRecords(0, 0), Membership);

        public Membership Membership => new(Partition.Cut().Number, 2, new Side(Partition.Cut().Number));

        // Goes on from its image, as after a restart.
        public void Load()
        {
            var kept = Kept.Copy();
            Partition = Partition.FromImage(
                new MemoryStream(Image), kept, new Membership(Partition.Cut().Number, 2, this));
            Kept = kept;
        }

        void IClaims.Prefetch(TransactionId id)
        {
        }

        bool IClaims.TryFind(TransactionId id, out int payer) => claims.TryGetValue(id, out payer);

        void IClaims.Remember(TransactionId id, int payer, long place) => claims.Add(id, payer);
    }
}
