using System.Runtime.CompilerServices;

namespace OrleansWallet.Ledger;

// The home of transaction ids: what makes an id mean one outcome among all partitions.
public sealed partial class Partition
{
    /// <summary>
    /// Claims transaction ids whose home is here (<see cref="Placement.HomeOf"/>) for a payer's partition, for ever.
    /// Where another has it, the id was used for another transfer. That partition may decide about a transfer, its own
    /// local ones too, and refusals, only when its claim is durable, or in the same commit.
    /// </summary>
    /// <param name="payer">The number of the payer's partition; it may be this one.</param>
    /// <param name="observedMicros">The time of its newest record.</param>
    /// <param name="ids">The transaction ids.</param>
    /// <param name="atMicros">The host's time.</param>
    /// <param name="records">Where the records go, with room for as many.</param>
    /// <param name="answers">One place for each id.</param>
    public void Claim(
        int payer, long observedMicros, ReadOnlySpan<TransactionId> ids, long atMicros, RecordBuffer records,
        Span<ClaimAnswer> answers)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)payer, (uint)Between.Membership.Partitions);
        var claims = Between.Membership.Claims;
        foreach (var id in ids) claims.Prefetch(id);
        for (var i = 0; i < ids.Length; i++)
            answers[i] = ClaimOne(payer, observedMicros, ids[i], atMicros, records);
    }

    /// <summary>The same for one id.</summary>
    public ClaimAnswer ClaimOne(int payer, long observedMicros, TransactionId id, long atMicros, RecordBuffer records)
    {
        if (Between.Membership.Claims.TryFind(id, out var holder))
            return holder == payer ? ClaimAnswer.Known : ClaimAnswer.Refused;
        WriteClaim(id, payer, Math.Max(atMicros, observedMicros + 1), records);
        return ClaimAnswer.Granted;
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
