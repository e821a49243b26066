using OrleansWallet.Ledger;

namespace OrleansWallet.Grains.Tests.Support;

internal static class Ids
{
    public static readonly Currency Usd = Currency.Parse("USD");

    public static readonly AccountId SettlementUsd = AccountId.Settlement(Usd);

    public static TransactionId New() => new(Guid.NewGuid());

    public static Transfer Transfer(AccountId from, AccountId to, long cents) => Transfer(New(), from, to, cents);

    public static Transfer Transfer(TransactionId id, AccountId from, AccountId to, long cents) =>
        new(id, from, to, new Money(cents, Usd));

    // Accounts that no other test uses, open and with money.
    public static async Task<AccountId[]> FundAsync(IWallet wallet, int count, long cents)
    {
        var name = Guid.NewGuid().ToString("N")[..8];
        var accounts = Enumerable.Range(0, count).Select(i => AccountId.Parse($"{name}-{i}")).ToArray();
        foreach (var account in accounts)
        {
            Assert.Equal(Rejection.None, (await wallet.OpenAccountAsync(account, Usd)).Rejection);
            if (cents == 0) continue;
            var funded = await wallet.TransferAsync(Transfer(SettlementUsd, account, cents));
            Assert.Equal(Rejection.None, funded.Rejection);
        }
        return accounts;
    }
}
