using System.Globalization;
using FsCheck;
using FsCheck.Fluent;
using OrleansWallet.Embedded.Tests.Disk;
using OrleansWallet.Embedded.Tests.Support;
using OrleansWallet.Ledger;

namespace OrleansWallet.Embedded.Tests;

/// <summary>
/// The whole engine against a model that simply remembers everything, through closes and crashes at random. A failed
/// script is told as small as it could be made, with its seed; WALLET_TESTS_SEED tries others.
/// </summary>
public sealed class LedgerProperties
{
    private const int Scripts = 150;
    private static readonly ulong Seed = ulong.Parse(
        Environment.GetEnvironmentVariable("WALLET_TESTS_SEED") ?? "20260611", CultureInfo.InvariantCulture);

    [Fact]
    public void Every_answer_is_the_models_through_any_closes_and_crashes() =>
        Prop.ForAll(LedgerStep.Scripts, script => RunAsync(script).GetAwaiter().GetResult())
            .Check(Config.QuickThrowOnFailure.WithMaxTest(Scripts).WithReplay(Seed, 0x9E3779B97F4A7C15));

    private static async Task RunAsync(LedgerStep[] script)
    {
        var disk = new FaultyDisk();
        var ledger = await OpenLedger.OpenAsync(disk);
        try
        {
            var model = new LedgerModel((await ledger.Wallet.ReadLedgerAsync(fresh: true)).Sequence);
            foreach (var step in script)
            {
                if (step is LedgerStep.Close or LedgerStep.Crash)
                {
                    var next = step is LedgerStep.Crash crash ? disk.AfterCrash(Choice(crash)) : disk;
                    await ledger.DisposeAsync();
                    ledger = await OpenLedger.OpenAsync(disk = next);
                }
                else await CheckAsync(step, ledger, model);
            }
            await CheckAllAsync(ledger, model);
        }
        finally
        {
            await ledger.DisposeAsync();
        }
        await CheckReplayAsync(disk);
    }

    private static CrashChoice Choice(LedgerStep.Crash crash) => crash.Kept switch
    {
        0 or 1 => CrashChoice.KeepAll,
        2 or 3 => CrashChoice.KeepNothing,
        var seed => CrashChoice.Random(seed),
    };

    private static async Task CheckAsync(LedgerStep step, OpenLedger ledger, LedgerModel model)
    {
        switch (step)
        {
            case LedgerStep.Send { All: [var one] }:
                Assert.Equal(model.Send(one), await ledger.Wallet.TransferAsync(ToTransfer(one)));
                break;
            case LedgerStep.Send send:
                var outcomes = await ledger.SendAsync([.. send.All.Select(ToTransfer)]);
                Assert.Equal(send.All.Select(model.Send), outcomes);
                break;
            case LedgerStep.Open open:
                var opened = await ledger.Wallet.OpenAccountAsync(OpenLedger.Account(open.Account), OpenLedger.Usd);
                Assert.Equal((Rejection.None, model.Open(open.Account)), (opened.Rejection, opened.Created));
                break;
            case LedgerStep.Freeze freeze:
                var frozen = await ledger.Wallet.SetFrozenAsync(OpenLedger.Account(freeze.Account), freeze.Frozen);
                Assert.Equal(model.Freeze(freeze.Account, freeze.Frozen), frozen.Rejection);
                break;
            case LedgerStep.Look look:
                var sequence = model.Sequence * look.PerMille / 1000;
                var then = await ledger.Wallet.FindAccountAsync(
                    OpenLedger.Account(look.Account), AsOf.AfterSequence(sequence));
                Assert.Equal(model.BalanceOf(look.Account, sequence), then.Account?.Balance.MinorUnits);
                break;
            default:
                throw new System.Diagnostics.UnreachableException($"{step}");
        }
    }

    private static async Task CheckAllAsync(OpenLedger ledger, LedgerModel model)
    {
        var view = await ledger.Wallet.ReadLedgerAsync(fresh: true);
        Assert.Equal((model.Sequence, model.Transfers), (view.Sequence, view.Transfers));
        for (var account = 0; account < 6; account++)
        {
            var found = await ledger.Wallet.FindAccountAsync(OpenLedger.Account(account), AsOf.Now);
            Assert.Equal(model.BalanceOf(account), found.Account?.Balance.MinorUnits);
        }
        foreach (var (sent, again) in model.Recorded)
            Assert.Equal(again, await ledger.Wallet.TransferAsync(ToTransfer(sent)));
    }

    private static async Task CheckReplayAsync(FaultyDisk disk)
    {
        await using var ledger = await OpenLedger.OpenAsync(disk);
        await CrashAudit.CheckBalancesAsync(ledger, JournalReplay.Read(disk));
        JournalReplay.CheckSnapshots(disk);
    }

    private static Transfer ToTransfer(LedgerStep.Sending sent) => OpenLedger.Transfer(
        AccountOf(sent.From), AccountOf(sent.To), sent.Cents, OpenLedger.IdOf(sent.Id));

    private static AccountId AccountOf(int number) => number < 0 ? OpenLedger.Treasury : OpenLedger.Account(number);
}
