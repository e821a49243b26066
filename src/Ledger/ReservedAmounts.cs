using System.Runtime.InteropServices;

namespace OrleansWallet.Ledger;

/// <summary>
/// How much of each account's balance is spoken for by transfers under way: held of a payer's, promised to a payee's.
/// </summary>
internal sealed class ReservedAmounts
{
    private readonly Dictionary<int, long> amounts = [];

    // A settlement account's range is 18·10^18, so what is held of it may wrap: it is never taken alone, but from a
    // balance, and that difference is within a long again.
    public long Of(int account) => amounts.GetValueOrDefault(account);

    public void Add(int account, long minorUnits) =>
        CollectionsMarshal.GetValueRefOrAddDefault(amounts, account, out _) += minorUnits;

    public void Subtract(int account, long minorUnits)
    {
        ref var amount = ref CollectionsMarshal.GetValueRefOrAddDefault(amounts, account, out _);
        amount -= minorUnits;
        if (amount == 0) amounts.Remove(account);
    }
}
