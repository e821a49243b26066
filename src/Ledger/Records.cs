using System.Diagnostics;
using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace OrleansWallet.Ledger;

/// <summary>What a record tells. The numbers are stored and never change their meaning.</summary>
public enum RecordKind : byte
{
    /// <summary>Money moved: <see cref="TransferRecord"/>.</summary>
    TransferSucceeded = 1,
    /// <summary>A transfer was refused for ever: <see cref="RefusalRecord"/>.</summary>
    TransferRefused = 2,
    /// <summary>An account was opened: <see cref="OpenRecord"/>.</summary>
    AccountOpened = 3,
    /// <summary>An account was frozen: <see cref="StatusRecord"/>.</summary>
    AccountFrozen = 4,
    /// <summary>A freeze ended: <see cref="StatusRecord"/>.</summary>
    AccountUnfrozen = 5,

    /// <summary>Money is held for a transfer to another partition: <see cref="ReservationRecord"/>.</summary>
    TransferReserved = 16,
    /// <summary>Such a transfer is given up, if the payee has not got it: <see cref="ReservationRecord"/>.</summary>
    TransferCancelling = 17,
    /// <summary>Such a transfer succeeded, and its payer was debited: <see cref="RemoteDebitRecord"/>.</summary>
    TransferSettled = 18,
    /// <summary>The money is held no more; the payee refused, or it was given up.</summary>
    TransferReleased = 19,
    /// <summary>A payee will take money from another partition: <see cref="PromiseRecord"/>.</summary>
    CreditPromised = 20,
    /// <summary>A payee got money from another partition: <see cref="RemoteCreditRecord"/>.</summary>
    TransferCredited = 21,
    /// <summary>A payee can't take money from another partition: <see cref="PromiseRecord"/>.</summary>
    CreditRefused = 22,
    /// <summary>A payee will not get this money, whatever comes: <see cref="PromiseRecord"/>.</summary>
    CreditCancelled = 23,
    /// <summary>A transaction id belongs to a payer's partition: <see cref="ClaimRecord"/>.</summary>
    IdClaimed = 24,
    /// <summary>Money went to another partition, whose leg is in the same commit: <see cref="LegRecord"/>.</summary>
    DebitLeg = 25,
    /// <summary>Money came from another partition, whose leg is in the same commit: <see cref="LegRecord"/>.</summary>
    CreditLeg = 26,
}

/// <summary>
/// How every record begins, 24 bytes, little-endian: length in bytes (a multiple of 8), kind, a zero byte, a CRC-32C
/// over the whole record but these four bytes, sequence number, time in microseconds since 1970.
/// </summary>
[StructLayout(LayoutKind.Sequential, Pack = 1)]
public struct RecordHeader
{
    /// <summary>Bytes in this record, header included.</summary>
    public ushort Length;
    /// <summary>What it tells.</summary>
    public RecordKind Kind;
    /// <summary>Always 0.</summary>
    public byte Reserved;
    /// <summary>CRC-32C of the record without this field.</summary>
    public uint Checksum;
    /// <summary>The event's sequence number, 1 for the first.</summary>
    public long Sequence;
    /// <summary>When, in microseconds since 1970 UTC; never smaller than the record's before.</summary>
    public long AtMicros;
}

/// <summary>One account's side of a record: what it was after it, and where its earlier records lie.</summary>
[StructLayout(LayoutKind.Sequential, Pack = 1)]
public struct AccountSide
{
    /// <summary>The account's balance after the event.</summary>
    public long Balance;
    /// <summary>The account's version after the event.</summary>
    public long Version;
    /// <summary>Where this account's record before this one lies; -1 before the first.</summary>
    public long Previous;
    /// <summary>Where a record further back lies, so that the past is found in few steps; -1 if none.</summary>
    public long Skip;
}

/// <summary>Money moved: 120 bytes.</summary>
[StructLayout(LayoutKind.Sequential, Pack = 1)]
public struct TransferRecord
{
    /// <summary>The common part.</summary>
    public RecordHeader Header;
    /// <summary>The transaction id, in .NET's own byte order of a Guid.</summary>
    public Guid Id;
    /// <summary>The payer's number.</summary>
    public int From;
    /// <summary>The payee's number.</summary>
    public int To;
    /// <summary>The amount in minor units of both accounts' currency.</summary>
    public long Amount;
    /// <summary>The payer after it.</summary>
    public AccountSide FromSide;
    /// <summary>The payee after it.</summary>
    public AccountSide ToSide;
}

/// <summary>A refused transfer: 53 bytes, then both ids as ASCII, padded with zeros to a multiple of 8.</summary>
[StructLayout(LayoutKind.Sequential, Pack = 1)]
public struct RefusalRecord
{
    /// <summary>The common part.</summary>
    public RecordHeader Header;
    /// <summary>The transaction id.</summary>
    public Guid Id;
    /// <summary>The amount in minor units of <see cref="Currency"/>.</summary>
    public long Amount;
    /// <summary>The currency asked for, an ISO 4217 number.</summary>
    public ushort Currency;
    /// <summary>Why it was refused.</summary>
    public Rejection Rejection;
    /// <summary>Characters in the payer's id.</summary>
    public byte FromLength;
    /// <summary>Characters in the payee's id.</summary>
    public byte ToLength;
}

/// <summary>An account was opened: 32 bytes, then its id as ASCII, padded with zeros to a multiple of 8.</summary>
[StructLayout(LayoutKind.Sequential, Pack = 1)]
public struct OpenRecord
{
    /// <summary>The common part.</summary>
    public RecordHeader Header;
    /// <summary>The account's number: how many were opened before it.</summary>
    public int Number;
    /// <summary>Its currency, an ISO 4217 number.</summary>
    public ushort Currency;
    /// <summary>Characters in its id.</summary>
    public byte IdLength;
    /// <summary>1 for a settlement account.</summary>
    public byte IsSettlement;
}

/// <summary>A freeze or its end: 64 bytes.</summary>
[StructLayout(LayoutKind.Sequential, Pack = 1)]
public struct StatusRecord
{
    /// <summary>The common part.</summary>
    public RecordHeader Header;
    /// <summary>The account's number.</summary>
    public int Number;
    /// <summary>Always 0.</summary>
    public int Reserved;
    /// <summary>The account after it.</summary>
    public AccountSide Side;
}

/// <summary>
/// Reads and seals records. The layouts are written as they lie in memory, so this needs a little-endian machine;
/// every one that .NET supports is.
/// </summary>
public static class Records
{
    /// <summary>The longest record: a refusal with two ids of full length.</summary>
    public const int LengthMax = 184;

    /// <summary>The shortest length a record can have.</summary>
    public const int LengthMin = 32;

    private const int ChecksumEnd = 8;

    static Records()
    {
        if (!BitConverter.IsLittleEndian) throw new PlatformNotSupportedException("Records are little-endian.");
        Debug.Assert(Unsafe.SizeOf<TransferRecord>() == 120 && Unsafe.SizeOf<RefusalRecord>() == 53
            && Unsafe.SizeOf<OpenRecord>() == 32 && Unsafe.SizeOf<StatusRecord>() == 64
            && Unsafe.SizeOf<ReservationRecord>() == 69 && Unsafe.SizeOf<RemoteDebitRecord>() == 102
            && Unsafe.SizeOf<PromiseRecord>() == 72 && Unsafe.SizeOf<RemoteCreditRecord>() == 105
            && Unsafe.SizeOf<ClaimRecord>() == 42 && Unsafe.SizeOf<LegRecord>() == 87);
    }

    /// <summary>The record's bytes seen as its layout.</summary>
    public static ref TRecord As<TRecord>(Span<byte> record) where TRecord : unmanaged =>
        ref MemoryMarshal.AsRef<TRecord>(record);

    /// <summary>The record's bytes seen as its layout.</summary>
    public static ref readonly TRecord As<TRecord>(ReadOnlySpan<byte> record) where TRecord : unmanaged =>
        ref MemoryMarshal.AsRef<TRecord>(record);

    /// <summary>The length of a record with so many bytes in it: rounded up to a multiple of 8.</summary>
    public static int Padded(int length) => (length + 7) & ~7;

    /// <summary>Writes the checksum, the last thing done to a record.</summary>
    public static void Seal(Span<byte> record) => As<RecordHeader>(record).Checksum = ChecksumOf(record);

    /// <summary>
    /// Finds the record at the beginning of some bytes. False if there is none, or if its length, kind or checksum
    /// shows damage.
    /// </summary>
    public static bool TryRead(ReadOnlySpan<byte> bytes, out ReadOnlySpan<byte> record)
    {
        record = default;
        if (bytes.Length < LengthMin) return false;
        ref readonly var header = ref As<RecordHeader>(bytes);
        var length = header.Length;
        if (length < LengthMin || length > LengthMax || length % 8 != 0 || length > bytes.Length) return false;
        if (!FitsKind(header.Kind, length)) return false;
        if (ChecksumOf(bytes[..length]) != header.Checksum) return false;
        record = bytes[..length];
        return true;
    }

    /// <summary>The transaction id of a record that settles a transfer; null for any other.</summary>
    public static TransactionId? TransactionIdOf(ReadOnlySpan<byte> record) => As<RecordHeader>(record).Kind switch
    {
        RecordKind.TransferSucceeded => new TransactionId(As<TransferRecord>(record).Id),
        RecordKind.TransferRefused => new TransactionId(As<RefusalRecord>(record).Id),
        RecordKind.TransferSettled => new TransactionId(As<ReservationRecord>(record).Id),
        RecordKind.TransferReleased when As<ReservationRecord>(record).Rejection != Rejection.None =>
            new TransactionId(As<ReservationRecord>(record).Id),
        RecordKind.DebitLeg => new TransactionId(As<LegRecord>(record).Id),
        _ => null,
    };

    /// <summary>The claim that a record makes; null for any other.</summary>
    public static (TransactionId Id, int Payer)? ClaimOf(ReadOnlySpan<byte> record)
    {
        if (As<RecordHeader>(record).Kind != RecordKind.IdClaimed) return null;
        ref readonly var claim = ref As<ClaimRecord>(record);
        return (new TransactionId(claim.Id), claim.Payer);
    }

    /// <summary>The accounts a refused transfer named.</summary>
    public static (ReadOnlyMemory<char> From, ReadOnlyMemory<char> To) RefusedAccounts(ReadOnlySpan<byte> record)
    {
        ref readonly var refusal = ref As<RefusalRecord>(record);
        var ids = record[Unsafe.SizeOf<RefusalRecord>()..];
        var from = System.Text.Encoding.ASCII.GetString(ids[..refusal.FromLength]);
        var to = System.Text.Encoding.ASCII.GetString(ids.Slice(refusal.FromLength, refusal.ToLength));
        return (from.AsMemory(), to.AsMemory());
    }

    private static bool FitsKind(RecordKind kind, int length) => kind switch
    {
        RecordKind.TransferSucceeded => length == Unsafe.SizeOf<TransferRecord>(),
        RecordKind.AccountFrozen or RecordKind.AccountUnfrozen => length == Unsafe.SizeOf<StatusRecord>(),
        RecordKind.TransferRefused => length >= Padded(Unsafe.SizeOf<RefusalRecord>() + 2),
        RecordKind.AccountOpened => length >= Padded(Unsafe.SizeOf<OpenRecord>() + 1),
        RecordKind.TransferReserved or RecordKind.TransferCancelling or RecordKind.TransferReleased =>
            length >= Padded(Unsafe.SizeOf<ReservationRecord>() + 1),
        RecordKind.TransferSettled => length >= Padded(Unsafe.SizeOf<RemoteDebitRecord>() + 1),
        RecordKind.CreditPromised => length >= Padded(Unsafe.SizeOf<PromiseRecord>() + 1),
        RecordKind.TransferCredited => length >= Padded(Unsafe.SizeOf<RemoteCreditRecord>() + 1),
        RecordKind.CreditRefused or RecordKind.CreditCancelled => length == Unsafe.SizeOf<PromiseRecord>(),
        RecordKind.IdClaimed => length == Padded(Unsafe.SizeOf<ClaimRecord>()),
        RecordKind.DebitLeg or RecordKind.CreditLeg => length >= Padded(Unsafe.SizeOf<LegRecord>() + 1),
        _ => false,
    };

    private static uint ChecksumOf(ReadOnlySpan<byte> record)
    {
        var crc = BitOperations.Crc32C(~0u, MemoryMarshal.Read<uint>(record));
        foreach (var word in MemoryMarshal.Cast<byte, ulong>(record[ChecksumEnd..]))
            crc = BitOperations.Crc32C(crc, word);
        return ~crc;
    }
}
