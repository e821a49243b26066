using OrleansWallet.Embedded.Tests.Disk;
using OrleansWallet.Ledger;

namespace OrleansWallet.Embedded.Tests.Support;

/// <summary>A transfer that was sent, what was answered, and how many disk operations there were by then.</summary>
internal sealed record Sent(Transfer Transfer, TransferOutcome Outcome, int AnsweredAt);

/// <summary>What the ledger said of itself, and how many disk operations there were by then.</summary>
internal sealed record Milestone(long Sequence, string Digest, int AnsweredAt);

/// <summary>
/// A run of a ledger from its making to its end: every change to the disk in order, and every answer. Steps are sent
/// one after the other, each answered before the next, so what is on a disk must be a prefix of them.
/// </summary>
internal sealed class Recording
{
    private readonly List<Sent> sent = [];
    private readonly List<Milestone> milestones = [];
    private readonly FaultyDisk disk = new();
    private readonly Random random;
    private OpenLedger? ledger;
    private long nextId;

    private Recording(int seed) => random = new Random(seed);

    /// <summary>Every change to the disk.</summary>
    public IReadOnlyList<DiskOperation> Log => disk.Log;

    /// <summary>The disk at the end.</summary>
    public FaultyDisk Disk => disk;

    public IReadOnlyList<Sent> Sent => sent;

    public IReadOnlyList<Milestone> Milestones => milestones;

    /// <summary>Runs so many steps, each a few transfers, an opening, or a freeze, then stops in order.</summary>
    public static async Task<Recording> RunAsync(
        int seed, int steps, EmbeddedOptions? options = null, int transfersPerStepMax = 8, bool stop = true)
    {
        var recording = new Recording(seed);
        await using var ledger = await OpenLedger.OpenAsync(recording.disk, options);
        recording.ledger = ledger;
        await ledger.FundAsync(4);
        await ledger.Wallet.OpenAccountAsync(AccountId.Parse("yen"), OpenLedger.Jpy);
        await recording.MarkAsync();
        for (var i = 0; i < steps; i++)
        {
            await recording.StepAsync(transfersPerStepMax);
            await recording.MarkAsync();
        }
        return stop ? recording : recording.WithoutEnd();
    }

    private Recording WithoutEnd()
    {
        var copy = new Recording(0);
        foreach (var operation in disk.Log) copy.disk.Apply(operation);
        copy.sent.AddRange(sent);
        copy.milestones.AddRange(milestones);
        return copy;
    }

    private async Task StepAsync(int transfersMax)
    {
        if (ledger is null) throw new InvalidOperationException();
        switch (random.Next(8))
        {
            case 0:
                await ledger.Wallet.SetFrozenAsync(OpenLedger.Account(random.Next(4)), random.Next(2) == 0);
                return;
            case 1:
                await ledger.Wallet.OpenAccountAsync(OpenLedger.Account(random.Next(40)), OpenLedger.Usd);
                return;
            case 2:
                var single = Next();
                Note([single], [await ledger.Wallet.TransferAsync(single)]);
                return;
            default:
                var several = Enumerable.Range(0, random.Next(1, transfersMax + 1)).Select(_ => Next()).ToArray();
                Note(several, await ledger.SendAsync(several));
                return;
        }
    }

    // Some are to unknown or frozen accounts, to the same one, in another currency, or too large.
    private Transfer Next()
    {
        var to = random.Next(16) == 0 ? AccountId.Parse("yen") : OpenLedger.Account(random.Next(5));
        var amount = random.Next(12) == 0 ? 5_000_000 : random.Next(1, 1000);
        return OpenLedger.Transfer(OpenLedger.Account(random.Next(4)), to, amount, OpenLedger.IdOf(++nextId));
    }

    private void Note(Transfer[] transfers, TransferOutcome[] outcomes)
    {
        for (var i = 0; i < transfers.Length; i++)
        {
            Assert.True(outcomes[i].Rejection == Rejection.None || outcomes[i].Rejection.IsFinal(), $"{outcomes[i]}");
            sent.Add(new Sent(transfers[i], outcomes[i], disk.LogLength));
        }
    }

    private async Task MarkAsync()
    {
        if (ledger is null) throw new InvalidOperationException();
        var view = await ledger.Wallet.ReadLedgerAsync(fresh: true);
        milestones.Add(new Milestone(view.Sequence, view.Digest ?? "", disk.LogLength));
    }
}
