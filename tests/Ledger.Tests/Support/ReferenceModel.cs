using System.Numerics;

namespace OrleansWallet.Ledger.Tests;

// The rules once more, as plainly as they can be written: every fault is gathered, the lowest number is answered.
internal sealed class ReferenceModel
{
    private static readonly BigInteger Max = BigInteger.Pow(10, 18) * 9;

    private readonly Dictionary<string, Purse> purses = [];
    private readonly Dictionary<int, (Command.Send Content, TransferOutcome Outcome)> settled = [];

    public ReferenceModel()
    {
        foreach (var currency in Currency.All)
            purses.Add("settlement:" + currency.Code, new Purse { Currency = currency.Code });
        Sequence = purses.Count;
    }

    public long Sequence { get; private set; }

    public IReadOnlyDictionary<string, Purse> Purses => purses;

    internal sealed class Purse
    {
        public required string Currency { get; init; }
        public BigInteger Balance { get; set; }
        public int Version { get; set; }
        public bool Frozen { get; set; }
    }

    public TransferOutcome Run(Command command) => command switch
    {
        Command.Send send => Run(send),
        Command.Open open => Run(open),
        Command.Freeze freeze => Run(freeze),
        _ => throw new System.Diagnostics.UnreachableException(),
    };

    private TransferOutcome Run(Command.Send send)
    {
        if (settled.TryGetValue(send.Id, out var earlier))
        {
            return earlier.Content == send
                ? earlier.Outcome with { Replayed = true }
                : new TransferOutcome(Rejection.TransactionIdReused, false, 0);
        }
        var refusal = FaultsOf(send).Append(Rejection.None).OrderBy(fault => fault == 0 ? 255 : (int)fault).First();
        if (refusal == Rejection.None)
        {
            purses[send.From].Balance -= send.Amount;
            purses[send.From].Version++;
            purses[send.To].Balance += send.Amount;
            purses[send.To].Version++;
        }
        var outcome = new TransferOutcome(refusal, false, ++Sequence);
        settled.Add(send.Id, (send, outcome));
        return outcome;
    }

    private IEnumerable<Rejection> FaultsOf(Command.Send send)
    {
        if (send.From == send.To) yield return Rejection.SameAccount;
        foreach (var name in new[] { send.To, send.From })
        {
            if (!purses.TryGetValue(name, out var purse))
            {
                yield return Rejection.AccountNotFound;
                continue;
            }
            if (purse.Frozen) yield return Rejection.AccountFrozen;
            if (purse.Currency != send.Currency) yield return Rejection.CurrencyMismatch;
            var isSettlement = name.StartsWith("settlement:", StringComparison.Ordinal);
            var after = purse.Balance + (name == send.To ? send.Amount : -send.Amount);
            if (after < 0 && !isSettlement) yield return Rejection.InsufficientFunds;
            if (BigInteger.Abs(after) > Max && (after > 0 || isSettlement)) yield return Rejection.BalanceOverflow;
        }
    }

    private TransferOutcome Run(Command.Open open)
    {
        if (open.Account.StartsWith("settlement:", StringComparison.Ordinal))
            return new TransferOutcome(Rejection.ReservedAccountId, true, Sequence);
        if (purses.TryGetValue(open.Account, out var purse))
        {
            var same = purse.Currency == open.Currency;
            return new TransferOutcome(same ? Rejection.None : Rejection.AccountExists, true, Sequence);
        }
        purses.Add(open.Account, new Purse { Currency = open.Currency });
        return new TransferOutcome(Rejection.None, false, ++Sequence);
    }

    private TransferOutcome Run(Command.Freeze freeze)
    {
        if (!purses.TryGetValue(freeze.Account, out var purse))
            return new TransferOutcome(Rejection.AccountNotFound, false, Sequence);
        if (purse.Frozen != freeze.On) Sequence++;
        purse.Frozen = freeze.On;
        return new TransferOutcome(Rejection.None, false, Sequence);
    }
}
