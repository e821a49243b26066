namespace OrleansWallet.Cli.Load;

/// <summary>The load's own bookkeeping: what each account's balance must have changed by.</summary>
internal sealed class LoadBooks(int accounts)
{
    private readonly long[] changes = new long[accounts];

    /// <summary>The event after which this load began; whatever has a smaller number is not its doing.</summary>
    public long BeginsAfterSequence { get; set; }

    /// <summary>
    /// Whether this load opened all its accounts itself: then none of its ids was ever sent before, and a replayed
    /// answer can only be to a request that it sent twice.
    /// </summary>
    public bool IsFirstOfItsSeed { get; set; }

    /// <summary>Writes a transfer that moved money down. Any thread.</summary>
    public void Moved(in PlannedTransfer transfer)
    {
        Interlocked.Add(ref changes[transfer.From], -transfer.MinorUnits);
        Interlocked.Add(ref changes[transfer.To], transfer.MinorUnits);
    }

    /// <summary>What an account's balance changed by, in minor units.</summary>
    public long ChangeOf(int account) => Interlocked.Read(ref changes[account]);
}
