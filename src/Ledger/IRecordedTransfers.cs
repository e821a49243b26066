namespace OrleansWallet.Ledger;

/// <summary>
/// The transfers recorded so far, found by their id: what makes an id mean one outcome for ever. It includes those of
/// the batch at work. The host provides it, since it outgrows memory.
/// </summary>
public interface IRecordedTransfers
{
    /// <summary>Says that an id will be looked for soon. It may be ignored.</summary>
    void Prefetch(TransactionId id);

    /// <summary>
    /// Finds the record of a transfer or of its refusal and copies it to <paramref name="destination"/>, which has
    /// room for <see cref="Records.LengthMax"/> bytes. False if that id was never recorded.
    /// </summary>
    bool TryFind(TransactionId id, Span<byte> destination, out int length);

    /// <summary>Remembers where an id, not known before, was recorded.</summary>
    void Remember(TransactionId id, long place);
}
