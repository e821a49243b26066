using System.Runtime.InteropServices;

namespace OrleansWallet.Ledger;

/// <summary>
/// What the payer's partition records about a transfer to another: that the money is reserved, that the transfer is
/// given up, that the money was released. 69 bytes, then the payee's id as ASCII, padded with zeros to a multiple of 8.
/// </summary>
[StructLayout(LayoutKind.Sequential, Pack = 1)]
public struct ReservationRecord
{
    /// <summary>The common part.</summary>
    public RecordHeader Header;
    /// <summary>The transaction id.</summary>
    public Guid Id;
    /// <summary>The payer's number.</summary>
    public int From;
    /// <summary>The amount in minor units of the payer's currency.</summary>
    public long Amount;
    /// <summary>The number of the payee's partition.</summary>
    public ushort Payee;
    /// <summary>The transfer's number in the channel to that partition.</summary>
    public long Number;
    /// <summary>Where the transfer stands.</summary>
    public PhaseStatus Phase;
    /// <summary>Of a release: why it was refused, or none where it was given up.</summary>
    public Rejection Rejection;
    /// <summary>Characters in the payee's id.</summary>
    public byte ToLength;
}

/// <summary>The payer of a transfer to another partition was debited: 102 bytes, then the payee's id.</summary>
[StructLayout(LayoutKind.Sequential, Pack = 1)]
public struct RemoteDebitRecord
{
    /// <summary>What was reserved.</summary>
    public ReservationRecord Reservation;
    /// <summary>The payer after it.</summary>
    public AccountSide FromSide;
    /// <summary>1 where the payer was frozen after the money was reserved, which doesn't stop the transfer.</summary>
    public byte IsFrozen;
}

/// <summary>
/// What the payee's partition records about a transfer from another: a promise, a refusal, a cancellation. 72 bytes,
/// then, of a promise, the payer's id as ASCII, padded with zeros to a multiple of 8.
/// </summary>
[StructLayout(LayoutKind.Sequential, Pack = 1)]
public struct PromiseRecord
{
    /// <summary>The common part.</summary>
    public RecordHeader Header;
    /// <summary>The number of the payer's partition.</summary>
    public ushort Payer;
    /// <summary>The transfer's number in the channel from that partition.</summary>
    public long Number;
    /// <summary>All transfers of the channel with a number below it are settled.</summary>
    public long SettledBelow;
    /// <summary>The transaction id.</summary>
    public Guid Id;
    /// <summary>The payee's number; -1 where there is none.</summary>
    public int To;
    /// <summary>The amount in minor units; 0 of a cancellation that came before its Try.</summary>
    public long Amount;
    /// <summary>Of a refusal: why.</summary>
    public Rejection Rejection;
    /// <summary>Characters in the payer's id.</summary>
    public byte FromLength;
}

/// <summary>The payee of a transfer from another partition was credited: 105 bytes, then the payer's id.</summary>
[StructLayout(LayoutKind.Sequential, Pack = 1)]
public struct RemoteCreditRecord
{
    /// <summary>What was promised.</summary>
    public PromiseRecord Promise;
    /// <summary>The payee after it.</summary>
    public AccountSide ToSide;
    /// <summary>1 where the payee was frozen after its promise, which doesn't stop the credit.</summary>
    public byte IsFrozen;
}

/// <summary>A transaction id belongs to a payer's partition: 42 bytes, padded to 48.</summary>
[StructLayout(LayoutKind.Sequential, Pack = 1)]
public struct ClaimRecord
{
    /// <summary>The common part.</summary>
    public RecordHeader Header;
    /// <summary>The transaction id.</summary>
    public Guid Id;
    /// <summary>The number of the payer's partition.</summary>
    public ushort Payer;
}

/// <summary>
/// One leg of a transfer between two partitions that commit together: 87 bytes, then the counterparty's id as ASCII,
/// padded with zeros to a multiple of 8.
/// </summary>
[StructLayout(LayoutKind.Sequential, Pack = 1)]
public struct LegRecord
{
    /// <summary>The common part; both legs have the same time.</summary>
    public RecordHeader Header;
    /// <summary>The transaction id.</summary>
    public Guid Id;
    /// <summary>The number of the account that is debited or credited.</summary>
    public int Account;
    /// <summary>The amount in minor units of its currency.</summary>
    public long Amount;
    /// <summary>The number of the other leg's partition.</summary>
    public ushort Other;
    /// <summary>Characters in the counterparty's id.</summary>
    public byte CounterpartyLength;
    /// <summary>The account after it.</summary>
    public AccountSide Side;
}
