namespace OrleansWallet.Ledger.Tests;

// What a caller can ask of a ledger, written so that a failed property prints it readably.
internal abstract record Command
{
    internal sealed record Send(int Id, string From, string To, long Amount, string Currency) : Command
    {
        public Transfer ToTransfer() => new(
            IdOf(Id), AccountId.Parse(From), AccountId.Parse(To),
            new Money(Amount, Ledger.Currency.Parse(Currency)));

        public override string ToString() => $"#{Id} {From} -> {To} {Amount} {Currency}";
    }

    internal sealed record Open(string Account, string Currency) : Command
    {
        public override string ToString() => $"open {Account} {Currency}";
    }

    internal sealed record Freeze(string Account, bool On) : Command
    {
        public override string ToString() => (On ? "freeze " : "unfreeze ") + Account;
    }

    // Spread over the bytes, and never the nil id.
    public static TransactionId IdOf(int number) =>
        new(new Guid(number * 0x9E3779B, (short)number, 0x4000, 0x80, 1, 2, 3, 4, 5, 6, 7));
}

internal sealed record Script(params Command[] Steps)
{
    // Three accounts with money, so that most random commands have something to move.
    public static readonly Script Beginning = new(
        new Command.Open("alice", "USD"),
        new Command.Open("bob", "USD"),
        new Command.Open("yuki", "JPY"),
        new Command.Send(-1, "settlement:USD", "alice", 300, "USD"),
        new Command.Send(-2, "settlement:USD", "bob", 300, "USD"),
        new Command.Send(-3, "settlement:JPY", "yuki", 300, "JPY"));

    public override string ToString() => string.Join("; ", Steps.Select(step => step.ToString()));
}
