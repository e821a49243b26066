using OrleansWallet.Ledger;

namespace OrleansWallet.Partitions;

/// <summary>
/// One partition of the ledger, as front ends see it. Whatever it answers is durable. It throws
/// <see cref="PartitionUnavailableException"/> where it can't answer now; what was asked may have happened.
/// </summary>
public interface IPartition
{
    /// <summary>
    /// Moves the money of each transfer once; all their payers belong to this partition. They are decided in order.
    /// </summary>
    Task<TransferOutcome[]> TransferAsync(Transfer[] transfers);

    /// <summary>
    /// Whether the order of a batch's transfers makes a difference to an account that belongs here: it does not where
    /// all the account pays can be paid without what it gets, and all it gets finds room without what it pays.
    /// </summary>
    Task<bool[]> NeedOrderAsync(AccountTurnover[] accounts);

    /// <summary>Opens an account that belongs here.</summary>
    Task<AccountResult> OpenAsync(AccountId id, Currency currency);

    /// <summary>Freezes an account that belongs here, or ends that.</summary>
    Task<AccountResult> SetFrozenAsync(AccountId id, bool frozen);

    /// <summary>An account that belongs here, as it stands or stood.</summary>
    Task<AccountResult> FindAccountAsync(AccountId id, AsOf asOf);

    /// <summary>A transfer whose payer belongs here; null where it was never recorded.</summary>
    Task<TransferView?> FindTransferAsync(TransactionId id);

    /// <summary>The number of the partition that has claimed an id whose home is here; -1 where none has.</summary>
    Task<int> FindClaimantAsync(TransactionId id);

    /// <summary>
    /// The partition as of a time close to now, in microseconds since 1970: from then on all it records is later. Null
    /// where it has recorded something later already.
    /// </summary>
    Task<PartitionReading?> ReadAsync(long atMicros);

    /// <summary>A page of an account's entries, newest first.</summary>
    Task<EntriesPage> ListEntriesAsync(AccountId id, int limit, string? cursor);
}

/// <summary>What one partition adds to a reading of the whole ledger.</summary>
/// <param name="Activation">The activation that reads: readings of one ledger stand if none has changed.</param>
/// <param name="Accounts">How many accounts callers opened here.</param>
/// <param name="Transfers">How many transfers from here moved money.</param>
/// <param name="Cut">Its money.</param>
public sealed record PartitionReading(int Activation, long Accounts, long Transfers, PartitionCut Cut);

/// <summary>The partition can't answer now: it is starting, stopping, or its journal failed.</summary>
public sealed class PartitionUnavailableException(string reason, Exception? cause = null) : Exception(reason, cause);
