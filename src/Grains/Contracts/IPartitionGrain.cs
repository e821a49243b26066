using Orleans.Concurrency;
using OrleansWallet.Ledger;
using OrleansWallet.Partitions;

namespace OrleansWallet.Grains;

/// <summary>
/// What front ends ask of a partition. What is handed over is not copied inside a silo, and must not change.
/// </summary>
[Alias("wallet.IPartitionCalls")]
public interface IPartitionCalls : IGrainWithIntegerKey
{
    /// <summary>Sees to it that the partition is active somewhere: what it has under way goes on.</summary>
    [Alias("Wake"), ResponseTimeout("00:00:02")]
    Task Wake();

    /// <summary>
    /// Moves the money of each transfer once; all their payers belong here. The first answers come at once, even if
    /// there are none, and those that wait are asked for by their ticket.
    /// </summary>
    [Alias("Transfer"), ResponseTimeout("00:00:05")]
    Task<TicketedAnswers> Transfer(Immutable<Transfer[]> transfers, bool inOrder);

    /// <summary>More answers to a call that was not answered to the end.</summary>
    [Alias("MoreAnswers"), ResponseTimeout("00:00:05")]
    Task<TicketedAnswers> MoreAnswers(long ticket);

    /// <summary>Whether the order of a batch's transfers makes a difference to accounts that belong here.</summary>
    [Alias("NeedOrder"), ResponseTimeout("00:00:03")]
    Task<Immutable<bool[]>> NeedOrder(Immutable<AccountTurnover[]> accounts);

    /// <summary>Opens an account that belongs here.</summary>
    [Alias("Open")]
    Task<PartitionAccount> Open(string accountId, ushort currency);

    /// <summary>Freezes an account that belongs here, or ends that.</summary>
    [Alias("SetFrozen")]
    Task<PartitionAccount> SetFrozen(string accountId, bool frozen);

    /// <summary>An account that belongs here as it stands, or after a sequence number.</summary>
    [Alias("FindAccount"), ResponseTimeout("00:00:03")]
    Task<PartitionAccount> FindAccount(string accountId, long? sequence);

    /// <summary>A transfer whose payer belongs here; null where it was never recorded.</summary>
    [Alias("FindTransfer"), ResponseTimeout("00:00:03")]
    Task<RecordedTransfer?> FindTransfer(Guid id);

    /// <summary>The number of the partition that has claimed an id whose home is here; -1 where none has.</summary>
    [Alias("FindClaimant"), ResponseTimeout("00:00:03")]
    Task<int> FindClaimant(Guid id);

    /// <summary>The partition as of a time close to now; null where it has recorded something later.</summary>
    [Alias("Read"), ResponseTimeout("00:00:03")]
    Task<Immutable<PartitionReading?>> Read(long atMicros);

    /// <summary>A page of entries, newest first, from a cursor on.</summary>
    [Alias("ListEntries"), ResponseTimeout("00:00:03")]
    Task<EntriesAnswer> ListEntries(string accountId, int limit, string? cursor);
}

/// <summary>One partition of the ledger, by its number.</summary>
[Alias("wallet.IPartitionGrain")]
public interface IPartitionGrain : IPartitionCalls
{
    /// <summary>
    /// Answers other partitions, in the name of all partitions of this silo: what goes from one silo to another travels
    /// together, whichever partitions it is for.
    /// </summary>
    [Alias("Exchange"), ResponseTimeout("00:00:04")]
    Task<Immutable<PeerReplies>> Exchange(Immutable<AddressedRequest[]> requests);

    /// <summary>Tells the silo where the partition is that another is about to leave the cluster.</summary>
    [Alias("Avoid"), ResponseTimeout("00:00:01")]
    Task Avoid(string silo);

    /// <summary>Moves this activation to where the partition belongs by then, if that isn't here.</summary>
    [Alias("Leave")]
    Task Leave();
}

/// <summary>
/// Another way to a partition. A front end reaches each grain by way of one silo, chosen by the grain's key: where that
/// silo hangs, a relay with another key is reached by way of another. <see cref="KeyOf"/> tells the keys.
/// </summary>
[Alias("wallet.IPartitionRelayGrain")]
public interface IPartitionRelayGrain : IPartitionCalls
{
    private const int PartitionsMax = 1 << 16;

    /// <summary>The key of one of the ways to a partition.</summary>
    static long KeyOf(int partition, int way) => (long)way * PartitionsMax + partition;

    /// <summary>The partition that a key leads to.</summary>
    static int PartitionOf(long key) => (int)(key % PartitionsMax);
}
