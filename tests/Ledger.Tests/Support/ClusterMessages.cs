namespace OrleansWallet.Ledger.Tests;

// What travels in a simulated cluster. Partitions have numbers from 0 on; the front end has none.
internal abstract record Message(int From, int To)
{
    public const int FrontEnd = -1;

    // To the payer's partition. Each front end has a number of its own: its answers are for no other.
    internal sealed record Request(int To, int AskedBy, Transfer[] Transfers) : Message(FrontEnd, To);

    internal sealed record Outcome(int From, int AskedBy, Transfer Transfer, TransferOutcome Told)
        : Message(From, FrontEnd);

    // To the id's home and back.
    internal sealed record ClaimAsk(int From, int To, long AtMicros, TransactionId[] Ids) : Message(From, To);

    internal sealed record ClaimAnswer(int From, int To, TransactionId[] Ids, bool[] Granted) : Message(From, To);

    // To the payee's partition and back, where the payer refuses.
    internal sealed record PayeeAsk(int From, int To, Transfer Transfer) : Message(From, To);

    internal sealed record PayeeAnswer(int From, int To, Transfer Transfer, Rejection Refusal) : Message(From, To);

    // To the payee's partition and back.
    internal sealed record Orders(int To, ChannelHead Head, CreditOrder[] Items) : Message(Head.Payer, To);

    internal sealed record Answers(int From, int To, long AtMicros, CreditAnswer[] Items) : Message(From, To);

    // An operator's word to the payer's partition.
    internal sealed record GiveUp(int To, TransactionId Id) : Message(FrontEnd, To);
}
