namespace OrleansWallet.Ledger;

/// <summary>How a transfer between two partitions is carried out. The numbers are stored.</summary>
public enum TransferProtocol : byte
{
    /// <summary>
    /// Try, then Confirm or Cancel: both sides agree before either account has an entry. Source: G. Pardon and
    /// C. Pautasso, "Atomic distributed transactions: a RESTful design", 2014.
    /// </summary>
    Tcc = 1,
    /// <summary>
    /// One step after the other, an earlier one compensated where a later one is refused. Source: H. Garcia-Molina
    /// and K. Salem, "Sagas", 1987.
    /// </summary>
    Saga = 2,
}
