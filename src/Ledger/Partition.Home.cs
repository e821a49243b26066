using System.Runtime.CompilerServices;

namespace OrleansWallet.Ledger;

// The home of transaction ids: what makes an id mean one outcome among all partitions.
public sealed partial class Partition
{
    /// <summary>
    /// Claims transaction ids whose home is here (<see cref="Placement.HomeOf"/>) for a payer's partition, for ever.
    /// False where another has it: the id was used for another transfer. That partition may decide about a transfer,
    /// its own local ones too, and refusals, only when its claim is durable.
    /// </summary>
    /// <param name="payer">The number of the payer's partition; it may be this one.</param>
    /// <param name="observedMicros">The time of its newest record.</param>
    /// <param name="ids">The transaction ids.</param>
    /// <param name="atMicros">The host's time.</param>
    /// <param name="records">Where the records go, with room for as many.</param>
    /// <param name="granted">One place for each id.</param>
    public void Claim(
        int payer, long observedMicros, ReadOnlySpan<TransactionId> ids, long atMicros, RecordBuffer records,
        Span<bool> granted)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)payer, (uint)Between.Membership.Partitions);
        var claims = Between.Membership.Claims;
        foreach (var id in ids) claims.Prefetch(id);
        var at = Math.Max(atMicros, observedMicros + 1);
        for (var i = 0; i < ids.Length; i++)
        {
            if (!claims.TryFind(ids[i], out var holder)) WriteClaim(ids[i], holder = payer, at, records);
            granted[i] = holder == payer;
        }
    }

    private void WriteClaim(TransactionId id, int payer, long at, RecordBuffer records)
    {
        var length = Records.Padded(Unsafe.SizeOf<ClaimRecord>());
        var bytes = Begin<ClaimRecord>(records, length, RecordKind.IdClaimed, at, out var place);
        ref var record = ref Records.As<ClaimRecord>(bytes);
        record.Id = id.Value;
        record.Payer = (ushort)payer;
        bytes[Unsafe.SizeOf<ClaimRecord>()..].Clear();
        ApplyHeader(record.Header);
        Between.Membership.Claims.Remember(id, payer, place);
        Records.Seal(bytes);
    }

    private void ReplayClaim(ReadOnlySpan<byte> record)
    {
        ref readonly var stored = ref Records.As<ClaimRecord>(record);
        Check(stored.Payer < Between.Membership.Partitions, stored.Header, "its payer's partition can't be");
        Check(!record[Unsafe.SizeOf<ClaimRecord>()..].ContainsAnyExcept((byte)0), stored.Header,
            "its padding is not zeros");
        ApplyHeader(stored.Header);
    }
}
