using System.Collections.Concurrent;
using OrleansWallet.Ledger;

namespace OrleansWallet.Api.Tests;

/// <summary>A wallet that does as it is told, and remembers which transfers reached it.</summary>
internal sealed class FakeWallet : IWallet
{
    public ConcurrentQueue<Transfer> Reached { get; } = new();

    public Func<Transfer, TransferOutcome> Decide { get; set; } = _ => new TransferOutcome(Rejection.None, false, 1);

    /// <summary>Thrown by every member, where set.</summary>
    public Exception? Failure { get; set; }

    public Readiness Readiness { get; set; } = new(true, null);

    public async ValueTask<TransferOutcome> TransferAsync(Transfer transfer, CancellationToken cancel = default)
    {
        await FailAsync();
        Reached.Enqueue(transfer);
        return Decide(transfer);
    }

    public async ValueTask TransferManyAsync(
        ReadOnlyMemory<Transfer> transfers, Memory<TransferOutcome> outcomes, CancellationToken cancel = default)
    {
        await FailAsync();
        for (var i = 0; i < transfers.Length; i++)
        {
            Reached.Enqueue(transfers.Span[i]);
            outcomes.Span[i] = Decide(transfers.Span[i]);
        }
    }

    public async ValueTask<TransferView?> FindTransferAsync(TransactionId id, CancellationToken cancel = default)
    {
        await FailAsync();
        return null;
    }

    public async ValueTask<AccountResult> OpenAccountAsync(
        AccountId id, Currency currency, CancellationToken cancel = default)
    {
        await FailAsync();
        return AccountResult.Refused(Rejection.Overloaded);
    }

    public async ValueTask<AccountResult> FindAccountAsync(
        AccountId id, AsOf asOf, CancellationToken cancel = default)
    {
        await FailAsync();
        return AccountResult.Refused(Rejection.AccountNotFound);
    }

    public async ValueTask<AccountResult> SetFrozenAsync(
        AccountId id, bool frozen, CancellationToken cancel = default)
    {
        await FailAsync();
        return AccountResult.Refused(Rejection.AccountNotFound);
    }

    public async ValueTask<EntriesPage> ListEntriesAsync(
        AccountId id, int limit, string? cursor, CancellationToken cancel = default)
    {
        await FailAsync();
        return EntriesPage.Refused(Rejection.AccountNotFound);
    }

    public async ValueTask<LedgerView> ReadLedgerAsync(bool fresh, CancellationToken cancel = default)
    {
        await FailAsync();
        return new LedgerView(0, 0, 0, [], null);
    }

    private async ValueTask FailAsync()
    {
        await Task.Yield();
        if (Failure is not null) throw Failure;
    }
}
