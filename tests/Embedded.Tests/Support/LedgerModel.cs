using OrleansWallet.Ledger;

namespace OrleansWallet.Embedded.Tests.Support;

/// <summary>
/// What the ledger must answer, by the simplest means: dictionaries in memory, and a list of every balance there ever
/// was. It never forgets, since it is never restarted.
/// </summary>
internal sealed class LedgerModel
{
    private readonly Dictionary<int, (LedgerStep.Sending Sent, Rejection Rejection, long Sequence)> recorded = [];
    private readonly SortedDictionary<int, Holder> accounts = [];
    private readonly List<(long Sequence, int Account, long Balance)> past = [];

    public LedgerModel(long sequence)
    {
        Sequence = sequence;
        accounts[-1] = new Holder();
    }

    /// <summary>The last event.</summary>
    public long Sequence { get; private set; }

    /// <summary>How many transfers moved money.</summary>
    public long Transfers => recorded.Values.Count(outcome => outcome.Rejection == Rejection.None);

    public TransferOutcome Send(LedgerStep.Sending sent)
    {
        if (recorded.TryGetValue(sent.Id, out var earlier))
            return earlier.Sent == sent ? new TransferOutcome(earlier.Rejection, true, earlier.Sequence)
                : new TransferOutcome(Rejection.TransactionIdReused, false, 0);
        var rejection = Decide(sent);
        Sequence++;
        recorded[sent.Id] = (sent, rejection, Sequence);
        if (rejection == Rejection.None)
        {
            Change(sent.From, -sent.Cents);
            Change(sent.To, sent.Cents);
        }
        return new TransferOutcome(rejection, false, Sequence);
    }

    public bool Open(int account)
    {
        if (!accounts.TryAdd(account, new Holder())) return false;
        Sequence++;
        past.Add((Sequence, account, 0));
        return true;
    }

    public Rejection Freeze(int account, bool frozen)
    {
        if (!accounts.TryGetValue(account, out var holder)) return Rejection.AccountNotFound;
        if (holder.IsFrozen == frozen) return Rejection.None;
        holder.IsFrozen = frozen;
        Sequence++;
        return Rejection.None;
    }

    /// <summary>An account's balance; null where it is not open.</summary>
    public long? BalanceOf(int account) => accounts.TryGetValue(account, out var holder) ? holder.Balance : null;

    /// <summary>The balance after an event; null where the account was not open by then.</summary>
    public long? BalanceOf(int account, long sequence) => past
        .Where(change => change.Account == account && change.Sequence <= sequence)
        .Select(change => (long?)change.Balance).LastOrDefault();

    /// <summary>What is recorded under each id, to be asked for again.</summary>
    public IEnumerable<(LedgerStep.Sending Sent, TransferOutcome Again)> Recorded => recorded.Values
        .Select(outcome => (outcome.Sent, new TransferOutcome(outcome.Rejection, true, outcome.Sequence)));

    private Rejection Decide(LedgerStep.Sending sent)
    {
        if (sent.From == sent.To) return Rejection.SameAccount;
        if (!accounts.TryGetValue(sent.From, out var from) || !accounts.TryGetValue(sent.To, out var to))
            return Rejection.AccountNotFound;
        if (from.IsFrozen || to.IsFrozen) return Rejection.AccountFrozen;
        return sent.From >= 0 && from.Balance < sent.Cents ? Rejection.InsufficientFunds : Rejection.None;
    }

    private void Change(int account, long by)
    {
        accounts[account].Balance += by;
        past.Add((Sequence, account, accounts[account].Balance));
    }

    private sealed class Holder
    {
        public long Balance { get; set; }

        public bool IsFrozen { get; set; }
    }
}
