using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using OrleansWallet.Grains;
using OrleansWallet.Ledger;

namespace OrleansWallet.Bench;

/// <summary>One way to move money, on one silo.</summary>
internal interface ITransferWay : IDisposable
{
    string Name { get; }

    /// <summary>Opens an account with money in it.</summary>
    Task FundAsync(int account);

    /// <summary>Moves one minor unit. False: it could not be done now.</summary>
    Task<bool> MoveAsync(int from, int to, TransactionId id);
}

/// <summary>Two grains and nothing else, locked in the order of their keys.</summary>
internal sealed class BareWay(IServiceProvider silo) : ITransferWay
{
    private readonly IGrainFactory grains = silo.GetRequiredService<IGrainFactory>();
    private readonly ITransactionClient transactions = silo.GetRequiredService<ITransactionClient>();

    public string Name => "bare";

    public Task FundAsync(int account) => Grain(account).Deposit(1_000_000_000);

    public async Task<bool> MoveAsync(int from, int to, TransactionId id)
    {
        try
        {
            await transactions.RunTransaction(TransactionOption.Create, async () =>
            {
                if (from < to) await Grain(from).Withdraw(1);
                await Grain(to).Deposit(1);
                if (from > to) await Grain(from).Withdraw(1);
            });
            return true;
        }
        catch (Orleans.Transactions.OrleansTransactionException)
        {
            return false;
        }
    }

    public void Dispose()
    {
    }

    private IBareAccountGrain Grain(int account) => grains.GetGrain<IBareAccountGrain>($"a{account:0000000}");
}

/// <summary>The wallet: deduplication, record, entries.</summary>
internal sealed class WalletWay : ITransferWay
{
    private static readonly Currency Dollars = Currency.Parse("USD");
    private readonly ClusterWallet wallet;

    public WalletWay(IServiceProvider silo, int callers) => wallet = new ClusterWallet(
        silo.GetRequiredService<IGrainFactory>(),
        Options.Create(new WalletClusterOptions { TransfersUnderWayMax = Math.Min(callers, UnderWayMax) }),
        Joined(), TimeProvider.System);

    public static int UnderWayMax { get; } = new WalletClusterOptions().TransfersUnderWayMax;

    public string Name => "wallet";

    public async Task FundAsync(int account)
    {
        await wallet.OpenAccountAsync(Id(account), Dollars);
        var funding = new Transfer(
            new TransactionId(Guid.NewGuid()), AccountId.Settlement(Dollars), Id(account),
            new Money(1_000_000_000, Dollars));
        var outcome = await wallet.TransferAsync(funding);
        if (outcome.Rejection != Rejection.None)
            throw new InvalidOperationException($"Funding was refused: {outcome.Rejection}.");
    }

    public async Task<bool> MoveAsync(int from, int to, TransactionId id)
    {
        var outcome = await wallet.TransferAsync(new Transfer(id, Id(from), Id(to), new Money(1, Dollars)));
        return outcome.Rejection switch
        {
            Rejection.None => true,
            Rejection.Unavailable or Rejection.Overloaded => false,
            var refused => throw new InvalidOperationException($"The load was refused: {refused}."),
        };
    }

    public void Dispose() => wallet.Dispose();

    private static ClusterReadiness Joined()
    {
        var readiness = new ClusterReadiness();
        readiness.Joined();
        return readiness;
    }

    private static AccountId Id(int account) => AccountId.Parse($"a{account:0000000}");
}
