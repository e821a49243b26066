using System.Runtime.CompilerServices;
using System.Text;
using OrleansWallet.Ledger;

namespace OrleansWallet.Embedded.Audit;

/// <summary>
/// What a record must be by itself, beyond its checksum: a replay takes much of it on trust, since only this program
/// writes records; an audit doesn't.
/// </summary>
internal static class RecordShape
{
    /// <summary>What is wrong with a record that is about to be applied; null if nothing is.</summary>
    public static string? FaultOf(ReadOnlySpan<byte> record, Partition state)
    {
        ref readonly var header = ref Records.As<RecordHeader>(record);
        if (header.Reserved != 0) return "a byte that is always 0 is not";
        return header.Kind switch
        {
            RecordKind.TransferSucceeded =>
                Records.As<TransferRecord>(record).Id == Guid.Empty ? "its transaction id is the nil UUID" : null,
            RecordKind.TransferRefused => FaultOfRefusal(record),
            RecordKind.AccountOpened => FaultOfOpening(record, state),
            _ => null,
        };
    }

    private static string? FaultOfRefusal(ReadOnlySpan<byte> record)
    {
        ref readonly var refusal = ref Records.As<RefusalRecord>(record);
        var idsAt = Unsafe.SizeOf<RefusalRecord>();
        var end = idsAt + refusal.FromLength + refusal.ToLength;
        if (Records.Padded(end) != record.Length) return "its length is not that of the ids in it";
        if (refusal.Id == Guid.Empty) return "its transaction id is the nil UUID";
        if (refusal.Amount is <= 0 or > Money.MinorUnitsMax) return "its amount can't be";
        if (!Currency.TryFromNumericCode(refusal.Currency, out _))
            return $"its currency {refusal.Currency} is not in this version's table";
        var from = record.Slice(idsAt, refusal.FromLength);
        var to = record.Slice(idsAt + refusal.FromLength, refusal.ToLength);
        if (!TryReadId(from, out _) || !TryReadId(to, out _)) return "an account id in it is none";
        return record[end..].ContainsAnyExcept((byte)0) ? "its padding is not zeros" : null;
    }

    private static string? FaultOfOpening(ReadOnlySpan<byte> record, Partition state)
    {
        ref readonly var opening = ref Records.As<OpenRecord>(record);
        var idAt = Unsafe.SizeOf<OpenRecord>();
        var end = idAt + opening.IdLength;
        if (Records.Padded(end) != record.Length) return "its length is not that of the id in it";
        if (!TryReadId(record.Slice(idAt, opening.IdLength), out var id)) return "the account id in it is none";
        if (record[end..].ContainsAnyExcept((byte)0)) return "its padding is not zeros";
        if (opening.IsSettlement > 1 || opening.IsSettlement == 1 != id.IsSettlement)
            return $"the account '{id}' is marked as a settlement account or not, against its name";
        return state.Directory.TryFind(id, out _) ? $"the account '{id}' was opened before" : null;
    }

    private static bool TryReadId(ReadOnlySpan<byte> ascii, out AccountId id) =>
        AccountId.TryParse(Encoding.Latin1.GetString(ascii), out id);
}
