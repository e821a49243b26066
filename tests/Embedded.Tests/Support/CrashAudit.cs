using OrleansWallet.Embedded.Tests.Disk;
using OrleansWallet.Ledger;

namespace OrleansWallet.Embedded.Tests.Support;

/// <summary>What must be true of any disk that a recorded run left behind, however it ended.</summary>
internal static class CrashAudit
{
    /// <summary>
    /// Opens what a crash left after so many operations and checks it: all answered is there and answered the same
    /// again, the rest is a whole prefix, sums are zero, snapshots and balances are those of a replay. Returns the
    /// notices.
    /// </summary>
    public static async Task<IReadOnlyCollection<string>> CheckAsync(
        FaultyDisk disk, Recording run, int operations, EmbeddedOptions? options = null)
    {
        IReadOnlyCollection<string> notices;
        await using (var ledger = await OpenLedger.OpenAsync(disk, options))
        {
            notices = [.. ledger.Notices];
            await CheckAnswersAsync(ledger, run, operations);
            var replay = JournalReplay.Read(disk);
            CheckMilestones(replay, run, operations);
            await CheckBalancesAsync(ledger, replay);
            Assert.True(ledger.Wallet.Readiness.IsReady, ledger.Wallet.Readiness.Reason);
        }
        JournalReplay.CheckSnapshots(disk);
        return notices;
    }

    /// <summary>Checks the ledger's totals and every account's balance against a replay.</summary>
    public static async Task CheckBalancesAsync(OpenLedger ledger, JournalReplay replay)
    {
        var view = await ledger.Wallet.ReadLedgerAsync(fresh: true);
        Assert.All(view.Totals, total => Assert.Equal(0, total.MinorUnits));
        Assert.Equal(replay.Sequence, view.Sequence);
        Assert.Equal(replay.ChainAfter(view.Sequence), view.Digest);
        Assert.Equal(replay.Transfers.Values.Count(t => t.Rejection == Rejection.None), view.Transfers);
        AccountId[] accounts = [.. replay.Balances.Keys];
        var found = await Task.WhenAll(accounts.Select(a => ledger.Wallet.FindAccountAsync(a, AsOf.Now).AsTask()));
        for (var i = 0; i < accounts.Length; i++)
        {
            var balance = replay.Balances[accounts[i]];
            Assert.Equal(balance, found[i].Account?.Balance.MinorUnits);
            Assert.True(balance >= 0 || accounts[i].IsSettlement, $"{accounts[i]} has {balance}.");
        }
    }

    private static async Task CheckAnswersAsync(OpenLedger ledger, Recording run, int operations)
    {
        var known = await Task.WhenAll(run.Sent.Select(s => ledger.Wallet.FindTransferAsync(s.Transfer.Id).AsTask()));
        for (var i = 0; i < known.Length; i++)
        {
            var (transfer, outcome, answeredAt) = run.Sent[i];
            var view = known[i];
            if (view is null)
            {
                Assert.True(answeredAt > operations, $"Transfer {i} was answered and is lost.");
                continue;
            }
            Assert.True(i == 0 || known[i - 1] is not null, $"Transfer {i} is there, but not the one before it.");
            Assert.Equal(transfer, view.Transfer);
            Assert.Equal(outcome.Rejection, view.Rejection);
            Assert.Equal(outcome.Sequence, view.Sequence);
        }
        // Where steps that are no transfers are missing, those after them may be decided otherwise.
        var again = await ledger.SendAsync([.. run.Sent.Select(s => s.Transfer)]);
        for (var i = 0; i < known.Length; i++)
        {
            Assert.Equal(known[i] is not null, again[i].Replayed);
            if (known[i] is { } view) Assert.Equal(new TransferOutcome(view.Rejection, true, view.Sequence), again[i]);
        }
        var third = await ledger.SendAsync([.. run.Sent.Select(s => s.Transfer)]);
        Assert.Equal(again.Select(outcome => outcome with { Replayed = true }), third);
    }

    private static void CheckMilestones(JournalReplay replay, Recording run, int operations)
    {
        foreach (var milestone in run.Milestones.Where(m => m.AnsweredAt <= operations))
            Assert.Equal(milestone.Digest, replay.ChainAfter(milestone.Sequence));
    }
}
