using System.Diagnostics;
using Orleans.Transactions;
using OrleansWallet.Storage;

namespace OrleansWallet.Grains;

/// <summary>
/// What the row of a transaction's manager says: whether it committed. Orleans decides that by messages, and while
/// silos go and come one may reach an activation that loaded its row before the transaction: a manager then says of a
/// commit that is being written that it was aborted, a participant says of a transaction it never saw that it has
/// confirmed it. So a participant gives up what it has prepared only by the manager's row, and not before a commit
/// that is still on its way there can't arrive any more. See docs/decisions/0011.
/// </summary>
public sealed class ManagerRows(
    IStateStore store, StateCodec<AccountState> accounts, StateCodec<TransferState> transfers,
    StateCodec<StatusChangeState> changes)
{
    private const int TriesMax = 16;

    /// <summary>Whether a transaction has committed, as far as its manager's row says now.</summary>
    public async Task<bool> HasCommittedAsync(ParticipantId manager, string transaction)
    {
        if (IsNobody(manager)) return false;
        var (kind, key) = RowOf(manager);
        return HasCommitted(kind, await store.LoadAsync(kind, key), transaction);
    }

    /// <summary>The same, at the moment of a snapshot.</summary>
    public async Task<bool> HasCommittedAsync(IStateSnapshot snapshot, ParticipantId manager, string transaction)
    {
        if (IsNobody(manager)) return false;
        var (kind, key) = RowOf(manager);
        return HasCommitted(kind, await snapshot.FindAsync(kind, key), transaction);
    }

    /// <summary>
    /// Sees to it that a transaction never commits; false where it has. The manager's row gets a new version that names
    /// it: a write that some activation of the manager composed before fails, and learns why.
    /// </summary>
    public async Task<bool> TryAbortAsync(ParticipantId manager, string transaction)
    {
        if (IsNobody(manager)) return true;
        var (kind, key) = RowOf(manager);
        for (var tries = 1; ; tries++)
        {
            var row = await store.LoadAsync(kind, key);
            if (HasCommitted(kind, row, transaction)) return false;
            row ??= NewRow(kind, key);
            try
            {
                await store.StoreAsync(kind, Fence(kind, row, Guid.Parse(transaction)));
                return true;
            }
            catch (StateConflictException) when (tries < TriesMax)
            {
                // Somebody wrote it meanwhile; that may have been the commit.
            }
        }
    }

    private bool HasCommitted(StateKind kind, StoredState? row, string transaction)
    {
        if (row is null) return false;
        var id = Guid.Parse(transaction);
        return kind switch
        {
            StateKind.Account => accounts.ReadProtocol(row).HasCommitted(id),
            StateKind.Transfer => transfers.ReadProtocol(row).HasCommitted(id),
            _ => changes.ReadProtocol(row).HasCommitted(id),
        };
    }

    private StoredState Fence(StateKind kind, StoredState row, Guid transaction) => kind switch
    {
        StateKind.Account => accounts.Fence(row, transaction),
        StateKind.Transfer => transfers.Fence(row, transaction),
        _ => changes.Fence(row, transaction),
    };

    private StoredState NewRow(StateKind kind, string key) => kind switch
    {
        StateKind.Account => accounts.NewRow(key),
        StateKind.Transfer => transfers.NewRow(key),
        _ => changes.NewRow(key),
    };

    // A manager's own state names none: it is prepared and committed in one write.
    private static bool IsNobody(ParticipantId manager) => manager.Reference is null;

    private static (StateKind Kind, string Key) RowOf(ParticipantId manager)
    {
        var grain = manager.Reference.GrainId;
        var kind = grain.Type.ToString() switch
        {
            "account" => StateKind.Account,
            "transfer" => StateKind.Transfer,
            "statuschange" => StateKind.StatusChange,
            var other => throw new UnreachableException($"A grain of type {other} manages a transaction."),
        };
        return (kind, WalletStorage.KeyOf(kind, grain));
    }
}
