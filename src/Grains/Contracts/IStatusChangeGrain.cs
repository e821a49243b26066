namespace OrleansWallet.Grains;

/// <summary>One freeze or its end, and its record: an account's event besides its transfers.</summary>
[Alias("wallet.IStatusChangeGrain")]
public interface IStatusChangeGrain : IGrainWithGuidKey
{
    /// <summary>Carries the change out. False: there is no such account.</summary>
    [Alias("SetFrozen")]
    Task<bool> SetFrozen(string accountId, bool frozen);

    /// <summary>The change as it was recorded; null where nothing was.</summary>
    [Transaction(TransactionOption.CreateOrJoin), Alias("Find")]
    Task<StatusChangeRecord?> Find();
}
