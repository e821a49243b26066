using Orleans.Concurrency;
using OrleansWallet.Ledger;
using OrleansWallet.Partitions;

namespace OrleansWallet.Grains;

/// <summary>
/// One partition of the ledger, by its number. What is handed over is not copied inside a silo, and must not change.
/// </summary>
[Alias("wallet.IPartitionGrain")]
public interface IPartitionGrain : IGrainWithIntegerKey
{
    /// <summary>Moves the money of each transfer once, in order; all their payers belong here.</summary>
    [Alias("Transfer"), ResponseTimeout("00:00:08")]
    Task<Immutable<TransferOutcome[]>> Transfer(Immutable<Transfer[]> transfers);

    /// <summary>
    /// Answers other partitions, in the name of all partitions of this silo: what goes from one silo to another travels
    /// together, whichever partitions it is for.
    /// </summary>
    [Alias("Exchange"), ResponseTimeout("00:00:04")]
    Task<Immutable<PeerReplies>> Exchange(Immutable<AddressedRequest[]> requests);

    /// <summary>Whether the order of a batch's transfers makes a difference to accounts that belong here.</summary>
    [Alias("NeedOrder")]
    Task<Immutable<bool[]>> NeedOrder(Immutable<AccountTurnover[]> accounts);

    /// <summary>Opens an account that belongs here.</summary>
    [Alias("Open")]
    Task<PartitionAccount> Open(string accountId, ushort currency);

    /// <summary>Freezes an account that belongs here, or ends that.</summary>
    [Alias("SetFrozen")]
    Task<PartitionAccount> SetFrozen(string accountId, bool frozen);

    /// <summary>An account that belongs here as it stands, or after a sequence number.</summary>
    [Alias("FindAccount")]
    Task<PartitionAccount> FindAccount(string accountId, long? sequence);

    /// <summary>A transfer whose payer belongs here; null where it was never recorded.</summary>
    [Alias("FindTransfer")]
    Task<RecordedTransfer?> FindTransfer(Guid id);

    /// <summary>The number of the partition that has claimed an id whose home is here; -1 where none has.</summary>
    [Alias("FindClaimant")]
    Task<int> FindClaimant(Guid id);

    /// <summary>The partition as of a time close to now; null where it has recorded something later.</summary>
    [Alias("Read")]
    Task<Immutable<PartitionReading?>> Read(long atMicros);

    /// <summary>A page of entries, newest first, from a cursor on.</summary>
    [Alias("ListEntries")]
    Task<EntriesAnswer> ListEntries(string accountId, int limit, string? cursor);

    /// <summary>Sees to it that the partition is active somewhere: what it has under way goes on.</summary>
    [Alias("Wake")]
    Task Wake();

    /// <summary>Tells the silo where the partition is that another is about to leave the cluster.</summary>
    [Alias("Avoid"), ResponseTimeout("00:00:01")]
    Task Avoid(string silo);

    /// <summary>Ends this activation; the next is where the partition belongs by then.</summary>
    [Alias("Leave")]
    Task Leave();
}
