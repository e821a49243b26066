using OrleansWallet.Embedded;
using OrleansWallet.Ledger;

namespace OrleansWallet.Cli.Tests;

/// <summary>What an account looked like after one event.</summary>
internal readonly record struct ModelAccount(long Balance, long Version, bool IsFrozen, long ChangedBy,
    DateTimeOffset At);

/// <summary>
/// A ledger made by a random but reproducible use of the engine, and beside it a plain model: every account after
/// every event.
/// </summary>
internal sealed class LedgerModel(int seed)
{
    private static readonly Currency Usd = Currency.Parse("USD");
    private readonly Random random = new(seed);
    private readonly Dictionary<string, ModelAccount> now = [];

    /// <summary>The accounts after each event; the event's number is the place in the list.</summary>
    public List<Dictionary<string, ModelAccount>> After { get; } = [[]];

    /// <summary>When each event was recorded.</summary>
    public List<DateTimeOffset> Times { get; } = [default];

    /// <summary>How many transfers were refused for ever.</summary>
    public int Refusals { get; private set; }

    /// <summary>How many moved money.</summary>
    public int Transfers { get; private set; }

    public static EmbeddedOptions Options(string directory) => new()
    {
        DataDirectory = directory,
        SegmentBytesMax = 1 << 14,
        SnapshotEveryEvents = 300,
        SnapshotsKept = 3,
        RecentTransactionsMax = 256,
        BatchTransfersMax = 1024,
    };

    /// <summary>Makes the ledger and closes it.</summary>
    public async Task<LedgerView> MakeAsync(string directory, int events)
    {
        var time = new SteppingTime();
        await using var wallet = await EmbeddedWallet.OpenAsync(Options(directory), time, _ => { });
        var settled = await wallet.ReadLedgerAsync(fresh: true);
        for (var sequence = 1L; sequence <= settled.Sequence; sequence++) Happened(time.Now);
        var settlement = AccountId.Settlement(Usd);
        now[settlement.Value] = new ModelAccount(0, 0, false, 0, time.Now);
        string[] names = ["alice", "bob", "carol", "dave", "eve", settlement.Value];
        while (After.Count <= events)
        {
            if (random.Next(3) == 0) time.Now += TimeSpan.FromMicroseconds(random.Next(1, 5_000_000));
            var from = names[random.Next(names.Length)];
            var to = names[random.Next(names.Length)];
            switch (random.Next(20))
            {
                case 0 when from != settlement.Value:
                    await OpenAsync(wallet, from, time);
                    break;
                case 1 when from != settlement.Value && now.ContainsKey(from):
                    await SetFrozenAsync(wallet, from, random.Next(4) == 0, time);
                    break;
                default:
                    await TransferAsync(wallet, from, random.Next(5) == 0 ? settlement.Value : to, time);
                    break;
            }
        }
        return await wallet.ReadLedgerAsync(fresh: true);
    }

    private async Task OpenAsync(EmbeddedWallet wallet, string name, SteppingTime time)
    {
        var opened = await wallet.OpenAccountAsync(AccountId.Parse(name), Usd);
        if (!opened.Created) return;
        now[name] = new ModelAccount(0, 0, false, After.Count, time.Now);
        Happened(time.Now);
    }

    private async Task SetFrozenAsync(EmbeddedWallet wallet, string name, bool frozen, SteppingTime time)
    {
        await wallet.SetFrozenAsync(AccountId.Parse(name), frozen);
        if (now[name].IsFrozen == frozen) return;
        now[name] = now[name] with { IsFrozen = frozen, ChangedBy = After.Count, At = time.Now };
        Happened(time.Now);
    }

    private async Task TransferAsync(EmbeddedWallet wallet, string from, string to, SteppingTime time)
    {
        var amount = random.Next(1, 500);
        var bytes = new byte[16];
        random.NextBytes(bytes);
        var outcome = await wallet.TransferAsync(new Transfer(
            new TransactionId(new Guid(bytes)), AccountId.Parse(from), AccountId.Parse(to), new Money(amount, Usd)));
        if (outcome.Rejection == Rejection.None)
        {
            Transfers++;
            Change(from, -amount, time);
            Change(to, amount, time);
        }
        else
        {
            Refusals++;
        }
        Happened(time.Now);
    }

    private void Change(string name, long amount, SteppingTime time) => now[name] = now[name] with
    {
        Balance = now[name].Balance + amount,
        Version = now[name].Version + 1,
        ChangedBy = After.Count,
        At = time.Now,
    };

    private void Happened(DateTimeOffset at)
    {
        After.Add(new Dictionary<string, ModelAccount>(now));
        Times.Add(at);
    }
}
