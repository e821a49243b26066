using System.Collections.Concurrent;
using OrleansWallet.Embedded.Engine;
using OrleansWallet.Embedded.Tests.Disk;
using OrleansWallet.Embedded.Tests.Support;
using OrleansWallet.Ledger;

namespace OrleansWallet.Embedded.Tests;

/// <summary>Many callers at once, a full queue, a slow disk, an end in the middle.</summary>
public sealed class LoadTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private static bool IsJournalSync(DiskOperation operation) =>
        operation is { Kind: DiskOperationKind.Sync, Path: [.., 'l'] };

    private static bool IsJournalRead(DiskOperation operation) =>
        operation is { Kind: DiskOperationKind.Read, Path: [.., 'l'] };

    [Fact]
    public async Task A_full_queue_refuses_whole_requests_and_forgets_them()
    {
        var gate = new Gate(IsJournalSync);
        var options = Tiny.JournalOnly with { QueueTransfersMax = 64, BatchTransfersMax = 200 };
        await using var ledger = await OpenLedger.OpenAsync(new FaultyDisk(), options, gate.Plan);
        await ledger.FundAsync(2);
        gate.Close();
        var first = ledger.Wallet.TransferAsync(OpenLedger.Transfer(0, 1, 1, 1)).AsTask();
        await gate.Reached;
        var taken = new List<(Transfer Transfer, Task<TransferOutcome> Answer)>();
        Transfer? refused = null;
        for (var i = 2; refused is null; i++)
        {
            var transfer = OpenLedger.Transfer(0, 1, 1, i);
            var answer = ledger.Wallet.TransferAsync(transfer).AsTask();
            if (answer is { IsCompletedSuccessfully: true, Result.Rejection: Rejection.Overloaded }) refused = transfer;
            else taken.Add((transfer, answer));
        }
        var many = Enumerable.Range(0, 64).Select(i => OpenLedger.Transfer(0, 1, 1, 100_000 + i)).ToArray();
        Assert.All(await ledger.SendAsync(many), o => Assert.Equal(Rejection.Overloaded, o.Rejection));
        await Assert.ThrowsAsync<WalletOverloadedException>(() => ReadUntilFullAsync(ledger));
        gate.Open();
        await first.WaitAsync(Patience);
        foreach (var (_, answer) in taken) Assert.Equal(Rejection.None, (await answer.WaitAsync(Patience)).Rejection);
        Assert.Null(await ledger.Wallet.FindTransferAsync(refused.Value.Id));
        foreach (var transfer in many) Assert.Null(await ledger.Wallet.FindTransferAsync(transfer.Id));
        Assert.False((await ledger.Wallet.TransferAsync(refused.Value)).Replayed);
        Assert.Equal(1_000_000 + 2 + taken.Count, await ledger.BalanceAsync(1));
    }

    [Theory]
    [InlineData(10_000, 1024, 20_000)]
    [InlineData(10_000, 20_000, 4096)]
    [InlineData(1025, 1024, 20_000)]
    public async Task A_call_larger_than_any_batch_or_queue_is_refused_whole_and_holds_nobody_up(
        int transfers, int batchMax, int queueMax)
    {
        var options = Tiny.JournalOnly with { BatchTransfersMax = batchMax, QueueTransfersMax = queueMax };
        await using var ledger = await OpenLedger.OpenAsync(new FaultyDisk(), options);
        await ledger.FundAsync(2);
        var many = Enumerable.Range(1, transfers).Select(i => OpenLedger.Transfer(0, 1, 1, i)).ToArray();
        var outcomes = await ledger.SendAsync(many).WaitAsync(Patience);
        Assert.All(outcomes, outcome => Assert.Equal(Rejection.Overloaded, outcome.Rejection));
        Assert.Equal(1_000_000, await ledger.BalanceAsync(1));
    }

    [Fact]
    public async Task The_same_id_a_hundred_times_at_once_moves_money_once()
    {
        await using var ledger = await OpenLedger.OpenAsync(new FaultyDisk());
        await ledger.FundAsync(2);
        for (var id = 1; id <= 20; id++)
        {
            var transfer = OpenLedger.Transfer(0, 1, 3, id);
            var outcomes = await Task.WhenAll(Enumerable.Range(0, 100).Select(
                _ => Task.Run(() => ledger.Wallet.TransferAsync(transfer).AsTask())));
            Assert.Single(outcomes, outcome => !outcome.Replayed);
            Assert.Single(outcomes.Select(outcome => (outcome.Rejection, outcome.Sequence)).Distinct());
        }
        Assert.Equal(1_000_060, await ledger.BalanceAsync(1));
    }

    [Fact]
    public async Task Two_transfers_of_one_caller_take_effect_in_the_order_they_were_sent()
    {
        await using var ledger = await OpenLedger.OpenAsync(new FaultyDisk());
        await ledger.FundAsync(3);
        for (var i = 0; i < 300; i++)
        {
            // The second can only be paid from the first, and both are on their way at once.
            var all = await ledger.BalanceAsync(i % 3);
            var first = ledger.Wallet.TransferAsync(OpenLedger.Transfer(i % 3, (i + 1) % 3, all, 2 * i + 1)).AsTask();
            var sum = await ledger.BalanceAsync((i + 1) % 3);
            var second = ledger.Wallet.TransferAsync(
                OpenLedger.Transfer((i + 1) % 3, (i + 2) % 3, sum, 2 * i + 2)).AsTask();
            Assert.Equal(Rejection.None, (await first).Rejection);
            Assert.Equal(Rejection.None, (await second).Rejection);
            Assert.True((await first).Sequence < (await second).Sequence);
            await ledger.SendAsync([OpenLedger.Transfer((i + 2) % 3, i % 3, 1_000_000, 10_000 + 2 * i),
                OpenLedger.Transfer((i + 2) % 3, (i + 1) % 3, 1_000_000, 10_001 + 2 * i)]);
        }
    }

    [Fact]
    public async Task An_end_under_load_answers_all_that_was_taken()
    {
        var disk = new FaultyDisk();
        var answered = new ConcurrentBag<(Transfer Transfer, TransferOutcome Outcome)>();
        var ledger = await OpenLedger.OpenAsync(disk);
        await ledger.FundAsync(8, 100_000_000);
        var underWay = new CountdownEvent(400);
        var callers = Enumerable.Range(0, 8).Select(caller => Task.Run(async () =>
        {
            for (var i = 1; ; i++)
            {
                var transfer = OpenLedger.Transfer(caller, (caller + 1) % 8, 1, caller * 1_000_000 + i);
                var outcome = await ledger.Wallet.TransferAsync(transfer);
                if (outcome.Rejection == Rejection.Unavailable) return;
                answered.Add((transfer, outcome));
                if (!underWay.IsSet) underWay.Signal();
            }
        })).ToArray();
        Assert.True(underWay.Wait(Patience));
        await Task.WhenAll(Enumerable.Range(0, 3).Select(_ => ledger.DisposeAsync().AsTask())).WaitAsync(Patience);
        await Task.WhenAll(callers).WaitAsync(Patience);
        Assert.False(ledger.Wallet.Readiness.IsReady);
        Assert.Equal(0, ledger.Storage.OpenHandles);

        var replay = JournalReplay.Read(disk.AfterCrash(CrashChoice.KeepNothing));
        foreach (var (transfer, outcome) in answered)
            Assert.Equal(outcome, new TransferOutcome(
                replay.Transfers[transfer.Id].Rejection, false, replay.Transfers[transfer.Id].Sequence));
        await using var again = await OpenLedger.OpenAsync(disk);
        await CrashAudit.CheckBalancesAsync(again, replay);
    }

    [Fact]
    public async Task A_request_that_comes_into_the_queue_after_the_end_is_refused_all_the_same()
    {
        var ledger = await OpenLedger.OpenAsync(new FaultyDisk(), Tiny.JournalOnly);
        // It is held up after it saw the queue open, and before it takes a place there.
        using var late = new LateRequest();
        var pushing = Task.Run(() => ledger.Wallet.Push(late));
        await late.IsWeighed.WaitAsync(Patience);
        await ledger.DisposeAsync().AsTask().WaitAsync(Patience);
        late.GoOn.Set();
        Assert.Equal(RequestQueue.Pushed.Queued, await pushing.WaitAsync(Patience));
        Assert.Equal("The wallet is stopping.", await late.Refused.WaitAsync(Patience));
    }

    // A light batch is synced by the ledger's thread, a heavy one by the journal's.
    [Theory]
    [InlineData(1)]
    [InlineData(200)]
    public async Task A_read_never_shows_what_is_not_durable(int transfers)
    {
        var failing = false;
        var gate = new Gate(IsJournalSync);
        var disk = new FaultyDisk();
        await using var ledger = await OpenLedger.OpenAsync(disk, Tiny.JournalOnly, operation =>
        {
            gate.Plan(operation);
            return Volatile.Read(ref failing) && IsJournalSync(operation) ? Fault.FailedSync : null;
        });
        await ledger.FundAsync(2);
        gate.Close();
        var write = ledger.SendAsync(
            [.. Enumerable.Range(1, transfers).Select(i => OpenLedger.Transfer(0, 1, 5, i))]);
        await gate.Reached;
        // Each of these sees the transfer. Its sync will fail, so none may have been answered with it.
        var reads = new Task[]
        {
            ledger.BalanceAsync(1),
            ledger.Wallet.FindTransferAsync(OpenLedger.IdOf(1)).AsTask(),
            ledger.Wallet.ReadLedgerAsync(fresh: true).AsTask(),
            ledger.Wallet.ListEntriesAsync(OpenLedger.Account(1), 10, null).AsTask(),
            ledger.Wallet.FindAccountAsync(OpenLedger.Account(1), AsOf.AfterSequence(3)).AsTask(),
        };
        var again = ledger.Wallet.TransferAsync(OpenLedger.Transfer(0, 1, 5, 1)).AsTask();
        Volatile.Write(ref failing, true);
        gate.Open();
        Assert.All(await write.WaitAsync(Patience), o => Assert.Equal(Rejection.Unavailable, o.Rejection));
        Assert.Equal(Rejection.Unavailable, (await again.WaitAsync(Patience)).Rejection);
        foreach (var read in reads)
            await Assert.ThrowsAsync<WalletUnavailableException>(() => read.WaitAsync(Patience));
    }

    [Fact]
    public async Task A_batch_that_is_ready_when_the_sync_before_it_fails_is_not_written()
    {
        var gate = new Gate(IsJournalSync);
        var failing = false;
        var disk = new FaultyDisk();
        await using var ledger = await OpenLedger.OpenAsync(disk, Tiny.JournalOnly, operation =>
        {
            gate.Plan(operation);
            return Volatile.Read(ref failing) && IsJournalSync(operation) ? Fault.FailedSync : null;
        });
        await ledger.FundAsync(2);
        gate.Close();
        // So many that they are synced by the journal's thread, while the ledger's goes on.
        var first = ledger.SendAsync([.. Enumerable.Range(100, 200).Select(i => OpenLedger.Transfer(0, 1, 5, i))]);
        await gate.Reached;
        // The ledger's thread is held up after it looked for a fault, and before it carries the second one out.
        using var mayGoOn = new ManualResetEventSlim();
        var looks = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        ledger.Time.WhenAsked = () =>
        {
            looks.TrySetResult();
            mayGoOn.Wait(Patience);
        };
        var second = ledger.Wallet.TransferAsync(OpenLedger.Transfer(0, 1, 5, 2)).AsTask();
        await looks.Task.WaitAsync(Patience);
        Volatile.Write(ref failing, true);
        gate.Open();
        Assert.All(await first.WaitAsync(Patience), o => Assert.Equal(Rejection.Unavailable, o.Rejection));
        Volatile.Write(ref failing, false);
        mayGoOn.Set();
        Assert.Equal(Rejection.Unavailable, (await second.WaitAsync(Patience)).Rejection);
        Assert.Equal(0, ledger.Storage.UsesAfterFailedSync);
    }

    [Fact]
    public async Task A_cursor_never_shows_what_is_not_durable()
    {
        var sync = new Gate(IsJournalSync);
        var read = new Gate(IsJournalRead);
        var disk = new FaultyDisk();
        await using var ledger = await OpenLedger.OpenAsync(
            disk, Tiny.JournalOnly, operation => sync.Plan(operation) ?? read.Plan(operation));
        await ledger.FundAsync(2);
        var guessed = JournalReplay.Read(disk).End?.End.Place + 64 ?? 0;
        // The answer to this read waits behind others whose disk is slow; meanwhile a record comes to lie there.
        read.Close();
        var slow = Enumerable.Range(0, PastReads.AtOnceMax).Select(
            _ => ledger.Wallet.ListEntriesAsync(OpenLedger.Account(0), 10, null).AsTask()).ToArray();
        await read.Reached;
        var page = ledger.Wallet.ListEntriesAsync(OpenLedger.Account(0), 10, $"{guessed}").AsTask();
        // An answer of a later batch: by then the read of the page has been carried out but for its answer.
        await ledger.BalanceAsync(0);
        sync.Close();
        var later = ledger.Wallet.TransferAsync(OpenLedger.Transfer(0, 1, 5, 1)).AsTask();
        await sync.Reached;
        read.Open();
        Assert.Equal(Rejection.BadCursor, (await page.WaitAsync(Patience)).Rejection);
        sync.Open();
        await later.WaitAsync(Patience);
        await Task.WhenAll(slow).WaitAsync(Patience);
        Assert.Equal(Rejection.None,
            (await ledger.Wallet.ListEntriesAsync(OpenLedger.Account(0), 10, $"{guessed}")).Rejection);
    }

    private static async Task ReadUntilFullAsync(OpenLedger ledger)
    {
        for (var i = 0; i < 1000; i++)
        {
            var read = ledger.Wallet.FindAccountAsync(OpenLedger.Account(0), AsOf.Now).AsTask();
            if (read.IsFaulted) await read;
        }
    }

    private sealed class LateRequest : Request, IDisposable
    {
        private readonly TaskCompletionSource weighed = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private readonly TaskCompletionSource<string> refused = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public ManualResetEventSlim GoOn { get; } = new();

        public Task IsWeighed => weighed.Task;

        public Task<string> Refused => refused.Task;

        public override int Weight
        {
            get
            {
                weighed.TrySetResult();
                GoOn.Wait(Patience);
                return 1;
            }
        }

        public override void Execute(Partition partition, long atMicros, RecordBuffer records) =>
            throw new InvalidOperationException("The ledger's thread has ended.");

        public override void Answer(Journal.JournalPoint after) =>
            throw new InvalidOperationException("The journal's thread has ended.");

        public override void Refuse(string reason) => refused.SetResult(reason);

        public void Dispose() => GoOn.Dispose();
    }
}
