namespace OrleansWallet.Ledger;

/// <summary>
/// Which partition each transaction id belongs to: that of the first payer who came with it, for ever. It includes the
/// claims of the batch at work. The host of the id's home provides it, since it outgrows memory.
/// </summary>
public interface IClaims
{
    /// <summary>Says that an id will be looked for soon. It may be ignored.</summary>
    void Prefetch(TransactionId id);

    /// <summary>Finds the number of the payer's partition. False if that id was never claimed.</summary>
    bool TryFind(TransactionId id, out int payer);

    /// <summary>Remembers a claim, not known before, and where its record lies.</summary>
    void Remember(TransactionId id, int payer, long place);
}

/// <summary>What an id's home answers to a claim.</summary>
public enum ClaimAnswer : byte
{
    /// <summary>Another partition has the id: it was used for another transfer.</summary>
    Refused = 0,
    /// <summary>The asking partition has it from now on.</summary>
    Granted = 1,
    /// <summary>The asking partition has had it before, and may have recorded a transfer under it.</summary>
    Known = 2,
}
