namespace OrleansWallet.Ledger.Tests;

// How a transfer of the crash matrix ends.
public enum Ending
{
    Success,
    RefusedByPayer,
    RefusedByPayee,
    IdTaken,
    GivenUp,
}

// Who commits with whom.
public enum Together
{
    Nobody,
    PayerAndPayee,
    PayerAndHome,
    PayeeAndHome,
    All,
}
