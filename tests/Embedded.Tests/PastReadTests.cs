using OrleansWallet.Embedded.Engine;
using OrleansWallet.Embedded.Tests.Disk;
using OrleansWallet.Embedded.Tests.Support;
using OrleansWallet.Ledger;

namespace OrleansWallet.Embedded.Tests;

/// <summary>Reads that go back through the journal, however slow it is, and whatever ends meanwhile.</summary>
public sealed class PastReadTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    [Fact]
    public async Task An_end_waits_for_those_under_way_and_answers_them()
    {
        var gate = new Gate(IsJournalRead);
        var ledger = await OpenLedger.OpenAsync(new FaultyDisk(), Tiny.JournalOnly, gate.Plan);
        await FillAsync(ledger);
        gate.Close();
        var pages = Enumerable.Range(0, 4000).Select(
            _ => ledger.Wallet.ListEntriesAsync(OpenLedger.Account(0), 100, null).AsTask()).ToArray();
        await gate.Reached;
        var ending = ledger.DisposeAsync().AsTask();
        Assert.False(ledger.Wallet.Readiness.IsReady);
        // The last thing an end does before it waits for them is to close the archive, a snapshot included.
        Assert.False(ending.IsCompleted);
        gate.Open();
        await ending.WaitAsync(Patience);
        foreach (var page in pages) Assert.Equal(61, (await page.WaitAsync(Patience)).Entries.Count);
        Assert.Equal(0, ledger.Storage.OpenHandles);
    }

    [Fact]
    public async Task A_caller_that_blocks_in_its_answer_holds_no_end_up()
    {
        var ledger = await OpenLedger.OpenAsync(new FaultyDisk(), Tiny.JournalOnly);
        await FillAsync(ledger);
        // Whichever thread goes on with this, it waits there for the end of the wallet.
        var blocking = ledger.Wallet.ListEntriesAsync(OpenLedger.Account(0), 100, null).AsTask().ContinueWith(
            _ => ledger.DisposeAsync().AsTask().Wait(Patience), TaskContinuationOptions.ExecuteSynchronously);
        Assert.True(await blocking.WaitAsync(Patience));
    }

    [Fact]
    public async Task Slow_ones_hold_up_no_transfer()
    {
        var gate = new Gate(IsJournalRead);
        await using var ledger = await OpenLedger.OpenAsync(new FaultyDisk(), Tiny.JournalOnly, gate.Plan);
        await FillAsync(ledger);
        gate.Close();
        var pages = Enumerable.Range(0, 200).Select(
            _ => ledger.Wallet.ListEntriesAsync(OpenLedger.Account(0), 100, null).AsTask()).ToArray();
        await gate.Reached;
        for (var i = 0; i < 100; i++)
        {
            var answer = await ledger.Wallet.TransferAsync(OpenLedger.Transfer(0, 1, 1, 1000 + i)).AsTask()
                .WaitAsync(Patience);
            Assert.Equal(Rejection.None, answer.Rejection);
        }
        Assert.DoesNotContain(pages, page => page.IsCompleted);
        gate.Open();
        await Task.WhenAll(pages).WaitAsync(Patience);
    }

    [Fact]
    public async Task Over_their_limit_they_are_refused_and_nothing_else_is()
    {
        var gate = new Gate(IsJournalRead);
        var options = Tiny.JournalOnly with { QueueTransfersMax = PastReads.WaitingMax * 2 };
        await using var ledger = await OpenLedger.OpenAsync(new FaultyDisk(), options, gate.Plan);
        await FillAsync(ledger);
        gate.Close();
        var pages = new List<Task<EntriesPage>>();
        for (var overloaded = false; !overloaded;)
        {
            // Each round is carried out before the next is sent, so that all of them wait in the same place.
            for (var i = 0; i < 100 && !overloaded; i++)
            {
                var page = ledger.Wallet.ListEntriesAsync(OpenLedger.Account(0), 1, null).AsTask();
                if (page.IsFaulted) await Assert.ThrowsAsync<WalletOverloadedException>(() => page);
                overloaded = page.IsFaulted;
                if (!overloaded) pages.Add(page);
            }
            await ledger.BalanceAsync(0);
        }
        Assert.InRange(pages.Count, PastReads.WaitingMax, PastReads.WaitingMax + 100 + PastReads.AtOnceMax);
        Assert.Equal(Rejection.None, (await ledger.Wallet.TransferAsync(OpenLedger.Transfer(0, 1, 1, 9999))).Rejection);
        gate.Open();
        await Task.WhenAll(pages).WaitAsync(Patience);
    }

    [Fact]
    public async Task An_answer_that_cannot_be_made_is_its_callers_alone_whatever_went_wrong()
    {
        var armed = false;
        await using var ledger = await OpenLedger.OpenAsync(new FaultyDisk(), Tiny.JournalOnly, operation =>
            Volatile.Read(ref armed) && IsJournalRead(operation)
                ? throw new InvalidTimeZoneException("Nobody expects this.") : null);
        await FillAsync(ledger);
        Volatile.Write(ref armed, true);
        await Assert.ThrowsAsync<InvalidTimeZoneException>(
            () => ledger.Wallet.ListEntriesAsync(OpenLedger.Account(0), 100, null).AsTask().WaitAsync(Patience));
        Volatile.Write(ref armed, false);
        Assert.Equal(61, (await ledger.Wallet.ListEntriesAsync(OpenLedger.Account(0), 100, null)).Entries.Count);
        Assert.True(ledger.Wallet.Readiness.IsReady);
    }

    [Fact]
    public async Task An_end_that_fails_fails_for_everybody_who_asks_for_it()
    {
        var storage = new FaultyStorage(new FaultyDisk()) { DisposeFails = true };
        var wallet = await EmbeddedWallet.OpenAsync(() => storage, Tiny.Options, new SteppedTime(), (_, _) => { });
        for (var i = 0; i < 3; i++)
            await Assert.ThrowsAsync<IOException>(() => wallet.DisposeAsync().AsTask().WaitAsync(Patience));
        Assert.Equal(0, storage.OpenHandles);
    }

    private static bool IsJournalRead(DiskOperation operation) =>
        operation is { Kind: DiskOperationKind.Read, Path: [.., 'l'] };

    private static async Task FillAsync(OpenLedger ledger)
    {
        await ledger.FundAsync(2);
        await ledger.SendAsync([.. Enumerable.Range(1, 60).Select(i => OpenLedger.Transfer(0, 1, 1, i))]);
    }
}
