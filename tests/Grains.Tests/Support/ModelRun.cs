using System.Globalization;
using OrleansWallet.Ledger;
using OrleansWallet.Ledger.Tests;

namespace OrleansWallet.Grains.Tests.Support;

// One script on the cluster and on the model, by one caller: every answer is compared, and in the end every account,
// every entry and every past moment. Its accounts, ids and currencies are its own.
internal sealed class ModelRun(WalletCluster cluster, int run, IReadOnlyDictionary<string, Currency> currencies)
{
    private readonly ReferenceModel model = new();
    private readonly Dictionary<string, List<Standing>> past = [];
    private readonly Dictionary<TransactionId, long> sequences = [];
    private bool isAlone;
    private int calls;

    // What was compared.
    public int Answers { get; private set; }
    public int PastReads { get; private set; }
    public Dictionary<Rejection, int> Rejections { get; } = [];

    private sealed record Standing(long Sequence, long Balance, long Version, bool IsFrozen, Command.Send? Entry);

    private ClusterWallet Wallet => cluster.FrontEnds[calls++ % cluster.FrontEnds.Count];

    // As many transfers in a row as there are go as one batch of at most so many; 1: each by itself.
    public async Task RunAsync(IEnumerable<Command> steps, int batch)
    {
        isAlone = batch == 1;
        var waiting = new List<Command.Send>();
        foreach (var step in steps)
        {
            if (step is Command.Send send) waiting.Add(send);
            if (waiting.Count == batch || (step is not Command.Send && waiting.Count > 0))
            {
                await SendAsync(waiting);
                waiting.Clear();
            }
            if (step is Command.Open open) await OpenAsync(open);
            if (step is Command.Freeze freeze) await FreezeAsync(freeze);
        }
        if (waiting.Count > 0) await SendAsync(waiting);
        // In a batch, a settlement account's transfers go side by side; only their sum is the model's.
        foreach (var name in past.Keys)
            if (isAlone || !IdOf(name).IsSettlement) await CheckPastAsync(name);
            else await CheckAtAsync(IdOf(name), null, past[name][^1]);
    }

    private async Task SendAsync(List<Command.Send> sends)
    {
        var transfers = sends.Select(ToTransfer).ToArray();
        var outcomes = new TransferOutcome[transfers.Length];
        if (transfers.Length == 1) outcomes[0] = await Wallet.TransferAsync(transfers[0]);
        else await Wallet.TransferManyAsync(transfers, outcomes);
        foreach (var ((send, transfer), outcome) in sends.Zip(transfers).Zip(outcomes))
        {
            var expected = model.Run(send);
            Compare((expected.Rejection, expected.Replayed), (outcome.Rejection, outcome.Replayed), send);
            Count(outcome.Rejection);
            if (outcome.Rejection == Rejection.TransactionIdReused) continue;
            Assert.True(outcome.Sequence > 0);
            if (!sequences.TryAdd(transfer.Id, outcome.Sequence))
                Assert.Equal(sequences[transfer.Id], outcome.Sequence);
            if (outcome is not { Rejection: Rejection.None, Replayed: false }) continue;
            Note(send.From, outcome.Sequence, send);
            Note(send.To, outcome.Sequence, send);
        }
    }

    private async Task OpenAsync(Command.Open open)
    {
        var result = await Wallet.OpenAccountAsync(IdOf(open.Account), currencies[open.Currency]);
        var expected = model.Run(open);
        Compare(expected.Rejection, result.Rejection, open);
        if (expected.Rejection != Rejection.None) return;
        Compare(!expected.Replayed, result.Created, open);
        if (result.Created) Note(open.Account, (await RecordAsync(open.Account)).OpenedSequence, null);
    }

    private async Task FreezeAsync(Command.Freeze freeze)
    {
        var was = model.Purses.GetValueOrDefault(freeze.Account)?.Frozen;
        var result = await Wallet.SetFrozenAsync(IdOf(freeze.Account), freeze.On);
        Compare(model.Run(freeze).Rejection, result.Rejection, freeze);
        if (result.Account is not { } account) return;
        Compare(freeze.On, account.IsFrozen, freeze);
        if (was != freeze.On) Note(freeze.Account, (await RecordAsync(freeze.Account)).Sequence, null);
    }

    private async Task CheckPastAsync(string name)
    {
        var id = IdOf(name);
        var standings = past[name];
        var before = id.IsSettlement ? new Standing(0, 0, 0, false, null) : null;
        foreach (var standing in standings)
        {
            await CheckAtAsync(id, standing.Sequence - 1, before);
            await CheckAtAsync(id, standing.Sequence, standing);
            before = standing;
        }
        await CheckAtAsync(id, null, before);
        var entries = await Entries.AllAsync(Wallet, id, limit: 7);
        entries.Reverse();
        var moves = standings.Where(standing => standing.Entry is not null).ToArray();
        Compare(moves.Length, entries.Count, name);
        foreach (var (move, entry) in moves.Zip(entries))
        {
            var isDebit = move.Entry?.From == name;
            Compare(
                (move.Sequence, move.Balance, isDebit, move.Entry?.Amount, IdOf((isDebit
                    ? move.Entry?.To : move.Entry?.From) ?? "")),
                (entry.Sequence, entry.Balance.MinorUnits, entry.Direction == EntryDirection.Debit,
                    entry.Amount.MinorUnits, entry.Counterparty),
                name);
        }
    }

    private async Task CheckAtAsync(AccountId id, long? sequence, Standing? expected)
    {
        PastReads++;
        var found = await Wallet.FindAccountAsync(id, sequence is { } at ? AsOf.AfterSequence(at) : AsOf.Now);
        Compare(
            expected is null ? default : (expected.Balance, expected.Version, expected.IsFrozen),
            found.Account is not { } account
                ? default : (account.Balance.MinorUnits, account.Version, account.IsFrozen),
            $"{id} at {sequence}");
        Compare(expected is null ? Rejection.AccountNotFound : Rejection.None, found.Rejection, $"{id} at {sequence}");
    }

    // How the model's account stands now, after the event of that number.
    private void Note(string name, long sequence, Command.Send? entry)
    {
        var purse = model.Purses[name];
        if (!past.TryGetValue(name, out var standings)) past.Add(name, standings = []);
        if (standings is [.., var last] && (isAlone || !IdOf(name).IsSettlement))
            Assert.True(sequence > last.Sequence, $"{name}: {sequence} after {last}");
        standings.Add(new Standing(sequence, (long)purse.Balance, purse.Version, purse.Frozen, entry));
    }

    private async Task<AccountRecord> RecordAsync(string name)
    {
        var key = IdOf(name).IsSettlement ? SettlementStripes.Keys(IdOf(name), 4)[0] : IdOf(name).Value;
        return await cluster.ReadAsync(grains => grains.GetGrain<IAccountGrain>(key).Read())
            ?? throw new InvalidOperationException($"{name} isn't open.");
    }

    private Transfer ToTransfer(Command.Send send)
    {
        var bytes = Command.IdOf(send.Id).Value.ToByteArray();
        BitConverter.TryWriteBytes(bytes.AsSpan(12), run);
        return new Transfer(
            new TransactionId(new Guid(bytes)), IdOf(send.From), IdOf(send.To),
            new Money(send.Amount, currencies[send.Currency]));
    }

    private AccountId IdOf(string name) => name.StartsWith(AccountId.SettlementPrefix, StringComparison.Ordinal)
        ? AccountId.Settlement(currencies[name[AccountId.SettlementPrefix.Length..]])
        : AccountId.Parse(string.Create(CultureInfo.InvariantCulture, $"run{run}-{name}"));

    private void Count(Rejection rejection) =>
        Rejections[rejection] = Rejections.GetValueOrDefault(rejection) + 1;

    private void Compare<T>(T expected, T actual, object where)
    {
        Answers++;
        Assert.True(
            EqualityComparer<T>.Default.Equals(expected, actual), $"{where}: expected {expected}, answered {actual}");
    }
}
