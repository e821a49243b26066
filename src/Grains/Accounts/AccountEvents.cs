using OrleansWallet.Ledger;

namespace OrleansWallet.Grains;

/// <summary>How events change an account's record and are tied into its past. Pure.</summary>
internal static class AccountEvents
{
    private const int Near = 64;
    private const int Far = 4_096;
    private const int Farthest = 262_144;

    /// <summary>The highest number the account has seen: its next event's must be above it.</summary>
    public static long SequenceSeen(AccountRecord record) =>
        Math.Max(Math.Max(record.Sequence, record.ReadSequence), record.OpenedSequence);

    /// <summary>An account as its opening leaves it.</summary>
    public static AccountRecord Opened(ushort currency, long sequence) => new()
    {
        Currency = currency, Flags = AccountFlags.Open, OpenedSequence = sequence,
    };

    /// <summary>A stripe of a settlement account before its first event; null where the key is no stripe's.</summary>
    public static AccountRecord? FirstOfStripe(string key, int stripes)
    {
        if (!SettlementStripes.TryParse(key, stripes, out var currency)) return null;
        var share = StripedAccount.FirstShare(stripes);
        return new AccountRecord
        {
            Currency = currency.NumericCode,
            Flags = AccountFlags.Open | AccountFlags.Settlement,
            Share = new StripeShareRecord(share.Lowest, share.Highest),
        };
    }

    /// <summary>
    /// A debit or credit. From any record, following Skip while it doesn't lead too far back, and Previous where it
    /// does, finds one of n entries after at most n/262,144 + about 400 steps.
    /// </summary>
    public static (AccountRecord After, AccountSideRecord Side) Entry(
        AccountRecord record, Guid transferId, long balance, long sequence)
    {
        var here = new EventLink(EventKind.Transfer, transferId);
        var version = record.Version + 1;
        var (skip, near, far, farthest) = (record.Newest64, record.Newest64, record.Newest4096, record.Newest262144);
        if (version % Near == 0) near = here;
        if (version % Far == 0) (skip, far) = (record.Newest4096, here);
        if (version % Farthest == 0) (skip, farthest) = (record.Newest262144, here);
        var after = record with
        {
            Balance = balance, Version = version, Sequence = sequence, Newest = here,
            Newest64 = near, Newest4096 = far, Newest262144 = farthest,
        };
        return (after, new AccountSideRecord(balance, version, record.Newest, skip));
    }

    /// <summary>A freeze or its end.</summary>
    public static (AccountRecord After, AccountSideRecord Side) Status(
        AccountRecord record, Guid changeId, bool frozen, long sequence)
    {
        var account = record.ToAccount();
        account.FrozenSet(frozen);
        var after = record with
        {
            Flags = account.Flags, Sequence = sequence, Newest = new EventLink(EventKind.StatusChange, changeId),
        };
        return (after, new AccountSideRecord(record.Balance, record.Version, record.Newest, record.Newest64));
    }
}
