using OrleansWallet.Ledger;

namespace OrleansWallet.Partitions;

/// <summary>
/// One partition of the ledger, as front ends see it. Whatever it answers is durable. It throws
/// <see cref="PartitionUnavailableException"/> where it can't answer now; what was asked may have happened.
/// </summary>
public interface IPartition
{
    /// <summary>
    /// Moves the money of each transfer once; all their payers belong to this partition. In order: all are decided in
    /// that order, and answered together. Else they have nothing to do with each other, and each is decided and
    /// answered as soon as it can be. The first answers come at once, even if there are none: then the partition is at
    /// work.
    /// </summary>
    IAsyncEnumerable<TransferAnswers> TransferAsync(Transfer[] transfers, bool inOrder, TimeSpan patience);

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

/// <summary>Outcomes of some of a call's transfers.</summary>
/// <param name="Places">Their places in the call; null: these are all of the call's, in its order.</param>
/// <param name="Outcomes">The outcomes.</param>
/// <param name="IsLast">Whether no more will come.</param>
public sealed record TransferAnswers(int[]? Places, TransferOutcome[] Outcomes, bool IsLast)
{
    /// <summary>How many there are.</summary>
    public int Count => Outcomes.Length;

    /// <summary>The place in the call of one of them.</summary>
    public int PlaceOf(int number) => Places?[number] ?? number;
}

/// <summary>What one partition adds to a reading of the whole ledger.</summary>
/// <param name="Activation">The activation that reads: readings of one ledger stand if none has changed.</param>
/// <param name="Accounts">How many accounts callers opened here.</param>
/// <param name="Transfers">How many transfers from here moved money.</param>
/// <param name="Cut">Its money.</param>
public sealed record PartitionReading(int Activation, long Accounts, long Transfers, PartitionCut Cut);

/// <summary>The partition can't answer now: it is starting, stopping, or its journal failed.</summary>
public sealed class PartitionUnavailableException(string reason, Exception? cause = null) : Exception(reason, cause);
