using OrleansWallet.Ledger;
using OrleansWallet.Partitions.Ids;

namespace OrleansWallet.Partitions;

/// <summary>
/// The transfers a partition has recorded and the claims it has granted, by id. What left memory is found in pages and
/// in the journal: the host asks for it before the partition is asked about the id, and holds it until it has decided.
/// </summary>
internal sealed class KnownIds(KnownIds.TryRead tryRead) : IRecordedTransfers, IClaims
{
    public delegate bool TryRead(long place, out ReadOnlySpan<byte> record);

    private readonly Dictionary<TransactionId, Held<byte[]?>> records = [];
    private readonly Dictionary<TransactionId, Held<long?>> payers = [];
    private IdIndex? recorded;
    private IdIndex? claims;

    /// <summary>Places of records. Nobody asks for one without having the id claimed: it needs no filters.</summary>
    public IdIndex Recorded => recorded ?? throw new InvalidOperationException("The index isn't open.");

    /// <summary>Numbers of payers' partitions.</summary>
    public IdIndex Claims => claims ?? throw new InvalidOperationException("The index isn't open.");

    /// <summary>Takes the indexes up.</summary>
    public void Open(IdIndex ofRecords, IdIndex ofClaims) => (recorded, claims) = (ofRecords, ofClaims);

    /// <summary>Whether something must be read before the partition can be asked about a transfer.</summary>
    /// <param name="id">The transfer's.</param>
    /// <param name="isNew">Whether it can't have been recorded before: then only memory is looked at.</param>
    /// <param name="place">Where its record lies, if that is all that is missing.</param>
    public Missing MissingOf(TransactionId id, bool isNew, out long place)
    {
        switch (Recorded.Find(id, out place))
        {
            case IdFinding.Found:
                return tryRead(place, out _) || records.TryGetValue(id, out var held) && held.Value is not null
                    ? Missing.Nothing : Missing.Record;
            case IdFinding.MustAsk when !isNew:
                return records.TryGetValue(id, out var answer)
                    && (answer.Value is not null || answer.Version == Recorded.Version)
                    ? Missing.Nothing : Missing.Place;
            default:
                return Missing.Nothing;
        }
    }

    /// <summary>Whether pages must be read before a claim can be answered.</summary>
    public bool MustAskClaim(TransactionId id) =>
        Claims.Find(id, out _) == IdFinding.MustAsk
        && !(payers.TryGetValue(id, out var held) && (held.Value is not null || held.Version == Claims.Version));

    /// <summary>Whether a transfer is recorded, as memory tells.</summary>
    public bool IsRecent(TransactionId id) => Recorded.Find(id, out _) == IdFinding.Found;

    /// <summary>Holds a record that was read, or that there was none, until it is let go of.</summary>
    public void Hold(TransactionId id, byte[]? record, long version) => Hold(records, id, record, version);

    /// <summary>Holds the payer's partition that pages gave, or that there was none.</summary>
    public void HoldClaim(TransactionId id, long? payer, long version) => Hold(payers, id, payer, version);

    /// <summary>Lets go of what was read; what others hold too stays.</summary>
    public void LetGo(TransactionId id) => LetGo(records, id);

    /// <summary>The same of a claim.</summary>
    public void LetGoOfClaim(TransactionId id) => LetGo(payers, id);

    /// <summary>Takes notice of a record that was replayed.</summary>
    public void Replayed(ReadOnlySpan<byte> record, long place)
    {
        if (Records.TransactionIdOf(record) is { } id) Remember(id, place);
        else if (Records.ClaimOf(record) is { } claim) Claims.Add(claim.Id, claim.Payer);
    }

    public void Prefetch(TransactionId id) => Recorded.Prefetch(id);

    public bool TryFind(TransactionId id, Span<byte> destination, out int length)
    {
        length = 0;
        var finding = Recorded.Find(id, out var place);
        if (finding == IdFinding.NotThere) return false;
        if (finding == IdFinding.Found && tryRead(place, out var inMemory))
        {
            length = inMemory.Length;
            inMemory.CopyTo(destination);
            return true;
        }
        if (!records.TryGetValue(id, out var held) || held.Value is not { } record)
        {
            return finding == IdFinding.Found
                ? throw new InvalidOperationException("A record was not read before its id was asked for.")
                : false;
        }
        length = record.Length;
        record.CopyTo(destination);
        return true;
    }

    public void Remember(TransactionId id, long place) => Recorded.Add(id, place);

    void IClaims.Prefetch(TransactionId id) => Claims.Prefetch(id);

    public bool TryFind(TransactionId id, out int payer)
    {
        var finding = Claims.Find(id, out var value);
        if (finding == IdFinding.MustAsk && payers.TryGetValue(id, out var held) && held.Value is { } known)
            (finding, value) = (IdFinding.Found, known);
        payer = (int)value;
        return finding == IdFinding.Found;
    }

    void IClaims.Remember(TransactionId id, int payer, long place) => Claims.Add(id, payer);

    private static void Hold<T>(Dictionary<TransactionId, Held<T>> all, TransactionId id, T value, long version) =>
        all[id] = all.TryGetValue(id, out var held)
            ? new(held.Value ?? value, Math.Max(held.Version, version), held.Holders + 1)
            : new(value, version, 1);

    private static void LetGo<T>(Dictionary<TransactionId, Held<T>> all, TransactionId id)
    {
        if (!all.Remove(id, out var held) || held.Holders == 1) return;
        all.Add(id, held with { Holders = held.Holders - 1 });
    }

    private readonly record struct Held<T>(T Value, long Version, int Holders);
}

/// <summary>What must be read before a partition can be asked about a transfer.</summary>
internal enum Missing
{
    /// <summary>Nothing.</summary>
    Nothing,
    /// <summary>Its record, whose place is known.</summary>
    Record,
    /// <summary>Whether and where it was recorded.</summary>
    Place,
}
