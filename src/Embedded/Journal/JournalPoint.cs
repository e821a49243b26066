namespace OrleansWallet.Embedded.Journal;

/// <summary>A point between two batches: what was before it is fixed by the chain's value there.</summary>
/// <param name="Place">The place of the next batch.</param>
/// <param name="NextSequence">The sequence number of the next event.</param>
/// <param name="Chain">The hash chain's value, 32 bytes; zeros at the very beginning.</param>
internal sealed record JournalPoint(long Place, long NextSequence, byte[] Chain)
{
    /// <summary>Where every ledger begins.</summary>
    public static JournalPoint Origin { get; } = new(0, 1, new byte[BatchHeader.ChainBytes]);
}
