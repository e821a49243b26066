namespace OrleansWallet.Grains;

/// <summary>
/// Runs what changes the ledger, each as one Orleans transaction. Any key will do, in any silo.
/// </summary>
[Alias("wallet.ICoordinatorGrain")]
public interface ICoordinatorGrain : IGrainWithIntegerKey
{
    /// <summary>How many transfers go together at most: each is a participant of their transaction.</summary>
    const int TransfersMax = 64;

    /// <summary>
    /// Moves the money of each once, in order, each by itself: a refusal of one concerns no other. Answers when the
    /// outcomes are durable.
    /// </summary>
    /// <remarks>
    /// Nobody tells a front end that the silo it asked has died; after this time it asks another, and dedupes by id.
    /// </remarks>
    [Alias("Transfer"), ResponseTimeout("00:00:08")]
    Task<TransferAnswer[]> Transfer(TransferOrder[] orders);

    /// <summary>Opens an account; asked again with the same currency, answers with it.</summary>
    [Alias("Open")]
    Task<OpenResult> Open(string accountId, ushort currency);

    /// <summary>Freezes an account or ends that. False: there is no such account.</summary>
    [Alias("SetFrozen")]
    Task<bool> SetFrozen(Guid changeId, string accountId, bool frozen);
}
