namespace OrleansWallet.Ledger;

/// <summary>What is true of an account besides its balance.</summary>
[Flags]
public enum AccountFlags : byte
{
    /// <summary>Not opened.</summary>
    None = 0,
    /// <summary>Opened, and so for ever.</summary>
    Open = 1,
    /// <summary>May neither pay nor be paid.</summary>
    Frozen = 2,
    /// <summary>Money enters and leaves through it; it may go below zero.</summary>
    Settlement = 4,
}

/// <summary>
/// One account's state, a fold over its events: balance in minor units, version (the number of entries), currency.
/// 24 bytes, no references; <c>default</c> is an account that was never opened.
/// </summary>
[System.Runtime.InteropServices.StructLayout(System.Runtime.InteropServices.LayoutKind.Sequential)]
public struct Account
{
    /// <summary>The balance in minor units; below zero only for a settlement account.</summary>
    public long Balance;
    /// <summary>How many entries (debits and credits) the account has.</summary>
    public long Version;
    private ushort currencyNumber;
    /// <summary>Open, frozen, settlement.</summary>
    public AccountFlags Flags;
#pragma warning disable CS0169, IDE0051 // Named, so that the bytes up to 24 are zeros and images compare equal.
    private readonly byte unused1;
    private readonly uint unused4;
#pragma warning restore CS0169, IDE0051

    /// <summary>The account's currency, chosen at its opening.</summary>
    public readonly Currency Currency => new(currencyNumber);
    /// <summary>Whether the account exists.</summary>
    public readonly bool IsOpen => (Flags & AccountFlags.Open) != 0;
    /// <summary>Whether the account may neither pay nor be paid.</summary>
    public readonly bool IsFrozen => (Flags & AccountFlags.Frozen) != 0;
    /// <summary>Whether the account may go below zero.</summary>
    public readonly bool IsSettlement => (Flags & AccountFlags.Settlement) != 0;
    /// <summary>The lowest balance it may have, in minor units.</summary>
    public readonly long Floor => IsSettlement ? -Money.MinorUnitsMax : 0;

    /// <summary>Applies the opening.</summary>
    public static Account Opened(Currency currency, bool isSettlement) => new()
    {
        currencyNumber = currency.NumericCode,
        Flags = AccountFlags.Open | (isSettlement ? AccountFlags.Settlement : AccountFlags.None),
    };

    /// <summary>An account as it was stored.</summary>
    public static Account Restored(long balance, long version, Currency currency, AccountFlags flags) => new()
    {
        Balance = balance,
        Version = version,
        currencyNumber = currency.NumericCode,
        Flags = flags,
    };

    /// <summary>The account as it would be with another balance; what is reserved changes nothing else.</summary>
    internal readonly Account With(long balance) => this with { Balance = balance };

    /// <summary>Applies a debit that was decided.</summary>
    /// <exception cref="OverflowException">The debit was never decided.</exception>
    public void Debited(long minorUnits)
    {
        Balance = checked(Balance - minorUnits);
        Version++;
    }

    /// <summary>Applies a credit that was decided.</summary>
    /// <exception cref="OverflowException">The credit was never decided.</exception>
    public void Credited(long minorUnits)
    {
        Balance = checked(Balance + minorUnits);
        Version++;
    }

    /// <summary>Applies a freeze or its end.</summary>
    public void FrozenSet(bool frozen) =>
        Flags = frozen ? Flags | AccountFlags.Frozen : Flags & ~AccountFlags.Frozen;
}
