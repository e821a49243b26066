namespace OrleansWallet.Ledger;

/// <summary>
/// The wallet, as its front end sees it; each edition implements it. Whatever an answer shows is durable. A refusal
/// is a value; only a bug throws. All members may be called from any thread at any time. A <c>cancel</c> that fires
/// before the work is queued leaves nothing done; after that the work goes on and its outcome is found by its id.
/// </summary>
public interface IWallet
{
    /// <summary>How many transfers one call of <see cref="TransferManyAsync"/> takes at most.</summary>
    const int TransfersMax = 10_000;

    /// <summary>How many entries one page has at most.</summary>
    const int EntriesMax = 1_000;

    /// <summary>Whether the wallet can do its work just now.</summary>
    Readiness Readiness { get; }

    /// <summary>Moves money once. The answer comes when the outcome is durable.</summary>
    ValueTask<TransferOutcome> TransferAsync(Transfer transfer, CancellationToken cancel = default);

    /// <summary>
    /// Moves money for each of up to <see cref="TransfersMax"/> transfers, in their order, each by itself.
    /// <paramref name="outcomes"/> has the same length, and is filled when all outcomes are durable. Where there is
    /// no room for all of them, all are refused with <see cref="Rejection.Overloaded"/>.
    /// </summary>
    ValueTask TransferManyAsync(
        ReadOnlyMemory<Transfer> transfers, Memory<TransferOutcome> outcomes, CancellationToken cancel = default);

    /// <summary>Reads a recorded transfer, refused or not. Null where the id was never recorded.</summary>
    ValueTask<TransferView?> FindTransferAsync(TransactionId id, CancellationToken cancel = default);

    /// <summary>Opens an account; asked again with the same currency, answers with the account.</summary>
    ValueTask<AccountResult> OpenAccountAsync(
        AccountId id, Currency currency, CancellationToken cancel = default);

    /// <summary>Reads an account as it stands or stood. Not found where it did not exist (yet).</summary>
    ValueTask<AccountResult> FindAccountAsync(AccountId id, AsOf asOf, CancellationToken cancel = default);

    /// <summary>Freezes an account or ends that; asked again, changes nothing.</summary>
    ValueTask<AccountResult> SetFrozenAsync(AccountId id, bool frozen, CancellationToken cancel = default);

    /// <summary>
    /// Reads a page of an account's entries, newest first: 1 to <see cref="EntriesMax"/> of them, from
    /// <paramref name="cursor"/> on, which an earlier page gave (null for the first).
    /// </summary>
    ValueTask<EntriesPage> ListEntriesAsync(
        AccountId id, int limit, string? cursor, CancellationToken cancel = default);

    /// <summary>
    /// Reads the whole ledger. With <paramref name="fresh"/> the cut is taken after the call began; without, a recent
    /// one may serve.
    /// </summary>
    ValueTask<LedgerView> ReadLedgerAsync(bool fresh, CancellationToken cancel = default);
}

/// <summary>The wallet can't answer a read now: it is stopping, or its storage failed.</summary>
public sealed class WalletUnavailableException(string reason) : Exception(reason);

/// <summary>No room in the queue for a read or a command other than a transfer.</summary>
public sealed class WalletOverloadedException() : Exception("The request queue is full.");
