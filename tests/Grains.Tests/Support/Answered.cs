using System.Collections.Concurrent;
using OrleansWallet.Ledger;

namespace OrleansWallet.Grains.Tests.Support;

// What callers were answered, and whether the ledger holds to it: balances, records, entries, sums.
internal sealed class Answered(AccountId[] accounts, long startCents)
{
    private readonly ConcurrentDictionary<TransactionId, (Transfer Transfer, TransferOutcome Outcome)> answers = [];

    public int Count => answers.Count;

    public int Moved => answers.Values.Count(each => each.Outcome.Rejection == Rejection.None);

    public int CountOf(Rejection rejection) => answers.Values.Count(each => each.Outcome.Rejection == rejection);

    public TransferOutcome OutcomeOf(TransactionId id) => answers[id].Outcome;

    public IEnumerable<(Transfer Transfer, TransferOutcome Outcome)> All => answers.Values;

    // An id keeps its first settled outcome; later answers must agree with it.
    public void Add(Transfer transfer, TransferOutcome outcome) =>
        answers.AddOrUpdate(transfer.Id, (transfer, outcome), (_, earlier) =>
        {
            if (!IsSettled(earlier.Outcome)) return (transfer, outcome);
            if (IsSettled(outcome))
                Assert.Equal(earlier.Outcome with { Replayed = true }, outcome with { Replayed = true });
            return earlier;
        });

    public static bool IsSettled(TransferOutcome outcome) =>
        outcome.Rejection == Rejection.None || outcome.Rejection.IsFinal();

    // Sends what has no outcome yet again, until it has one.
    public async Task SettleAsync(IWallet wallet)
    {
        foreach (var (transfer, outcome) in answers.Values.Where(each => !IsSettled(each.Outcome)).ToArray())
        {
            var again = outcome;
            for (var tries = 0; tries < 20 && !IsSettled(again); tries++) again = await wallet.TransferAsync(transfer);
            Assert.True(IsSettled(again), $"{transfer} has no outcome: {again}");
            Add(transfer, again);
        }
    }

    // All of it, through any front end, once nothing is under way.
    public async Task CheckAsync(IWallet wallet)
    {
        foreach (var (transfer, outcome) in answers.Values)
        {
            var record = await wallet.FindTransferAsync(transfer.Id);
            if (!IsSettled(outcome)) continue;
            Assert.NotNull(record);
            Assert.Equal((transfer, outcome.Rejection, outcome.Sequence),
                (record.Transfer, record.Rejection, record.Sequence));
        }
        foreach (var account in accounts) await CheckAccountAsync(wallet, account);
        var ledger = await wallet.ReadLedgerAsync(fresh: true);
        Assert.All(ledger.Totals, total => Assert.Equal(0, total.MinorUnits));
    }

    private async Task CheckAccountAsync(IWallet wallet, AccountId account)
    {
        var moves = answers.Values
            .Where(each => each.Outcome.Rejection == Rejection.None)
            .Where(each => each.Transfer.From == account || each.Transfer.To == account)
            .OrderBy(each => each.Outcome.Sequence).ToArray();
        var entries = await Entries.AllAsync(wallet, account);
        entries.Reverse();
        var balance = 0L;
        if (startCents > 0)
        {
            balance = startCents;
            Assert.Equal(startCents, entries[0].Balance.MinorUnits);
            entries.RemoveAt(0);
        }
        Assert.Equal(moves.Select(each => each.Transfer.Id), entries.Select(entry => entry.TransactionId));
        foreach (var ((transfer, outcome), entry) in moves.Zip(entries))
        {
            var isDebit = transfer.From == account;
            balance += isDebit ? -transfer.Amount.MinorUnits : transfer.Amount.MinorUnits;
            Assert.Equal(outcome.Sequence, entry.Sequence);
            Assert.Equal(transfer.Amount, entry.Amount);
            Assert.Equal(isDebit ? EntryDirection.Debit : EntryDirection.Credit, entry.Direction);
            Assert.Equal(isDebit ? transfer.To : transfer.From, entry.Counterparty);
            Assert.Equal(balance, entry.Balance.MinorUnits);
        }
        var now = (await wallet.FindAccountAsync(account, AsOf.Now)).Account;
        Assert.NotNull(now);
        Assert.Equal(balance, now.Balance.MinorUnits);
        Assert.Equal(entries.Count + (startCents > 0 ? 1 : 0), now.Version);
        Assert.True(balance >= 0 || account.IsSettlement);
    }
}
