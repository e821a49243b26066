namespace OrleansWallet.Grains;

/// <summary>Reads accounts and their past, on any silo, where the records are near. Any key will do.</summary>
[Alias("wallet.IStatementGrain")]
public interface IStatementGrain : IGrainWithIntegerKey
{
    /// <summary>The account as it stood after an event; null: as it stands.</summary>
    [Alias("FindAt")]
    Task<AccountAnswer> FindAt(string accountId, long? sequence);

    /// <summary>What became of a transfer; null where nothing was recorded.</summary>
    [Alias("FindTransfer")]
    Task<TransferRecord?> FindTransfer(Guid id);

    /// <summary>A page of entries, newest first, from a cursor on.</summary>
    [Alias("ListEntries")]
    Task<EntriesAnswer> ListEntries(string accountId, int limit, string? cursor);
}

/// <summary>The whole ledger: sums up a consistent cut of all that is stored. One in the cluster, key 0.</summary>
[Alias("wallet.ILedgerAuditGrain")]
public interface ILedgerAuditGrain : IGrainWithIntegerKey
{
    /// <summary>
    /// The last audit, unless it is older than the option allows; with <paramref name="fresh"/> one that begins now.
    /// </summary>
    [Alias("Read"), ResponseTimeout("00:00:20")]
    Task<LedgerAnswer> Read(bool fresh);

    /// <summary>Sees to it that audits go on in the background, whichever silo is up.</summary>
    [Alias("Begin")]
    Task Begin();
}

/// <summary>Tells whether a silo can do the wallet's work.</summary>
[Alias("wallet.IHealthGrain")]
public interface IHealthGrain : IGrainWithIntegerKey
{
    /// <summary>Null where the store can be written; else why not.</summary>
    [Alias("Check")]
    Task<string?> Check();
}
