using Orleans.Concurrency;
using Orleans.Transactions.Abstractions;

namespace OrleansWallet.Bench;

/// <summary>
/// The rival: an account as Orleans' BankAccount sample has it, a balance and nothing else. No deduplication, no record
/// of a transfer, no entries, no currency.
/// </summary>
[Alias("bench.IBareAccountGrain")]
public interface IBareAccountGrain : IGrainWithStringKey
{
    [Transaction(TransactionOption.Join), Alias("Withdraw")]
    Task Withdraw(long amount);

    [Transaction(TransactionOption.CreateOrJoin), Alias("Deposit")]
    Task Deposit(long amount);
}

[GenerateSerializer, Alias("bench.BareBalance")]
public sealed class BareBalance
{
    [Id(0)] public long Value { get; set; }
}

[Reentrant]
public sealed class BareAccountGrain(
    [TransactionalState("balance", BareAccountGrain.StorageName)] ITransactionalState<BareBalance> balance)
    : Grain, IBareAccountGrain
{
    public const string StorageName = "bare";

    public Task Deposit(long amount) => balance.PerformUpdate(state => state.Value += amount);

    public Task Withdraw(long amount) => balance.PerformUpdate(state =>
    {
        if (state.Value < amount) throw new InvalidOperationException("Not enough.");
        state.Value -= amount;
    });
}
