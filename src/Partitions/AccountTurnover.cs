using OrleansWallet.Ledger;

namespace OrleansWallet.Partitions;

/// <summary>What a batch takes from one account and gives to it, at most.</summary>
/// <param name="Account">The account.</param>
/// <param name="Debits">In minor units.</param>
/// <param name="Credits">In minor units.</param>
public readonly record struct AccountTurnover(AccountId Account, long Debits, long Credits);
