using OrleansWallet.Ledger;

namespace OrleansWallet.Partitions;

/// <summary>
/// The transfers a partition has recorded and the claims it has granted, by id. A record that left memory is found in
/// the journal: the host loads it before the partition is asked about its id.
/// </summary>
internal sealed class KnownIds : IRecordedTransfers, IClaims
{
    public delegate bool TryRead(long place, out ReadOnlySpan<byte> record);

    private readonly TryRead tryRead;
    private readonly Dictionary<TransactionId, (byte[] Record, int Holders)> loaded = [];
    private readonly IdTable recorded;
    private readonly IdTable claims;

    /// <param name="tryRead">Finds records that are still in memory.</param>
    /// <param name="recorded">Places of records.</param>
    /// <param name="claims">Numbers of payers' partitions.</param>
    public KnownIds(TryRead tryRead, IdTable recorded, IdTable claims) =>
        (this.tryRead, this.recorded, this.claims) = (tryRead, recorded, claims);

    /// <summary>Whether an id's record must be loaded first, and from where.</summary>
    public bool MustLoad(TransactionId id, out long place) =>
        recorded.TryFind(id, out place) && !tryRead(place, out _) && !loaded.ContainsKey(id);

    /// <summary>Where the record of an id lies.</summary>
    public bool TryFindPlace(TransactionId id, out long place) => recorded.TryFind(id, out place);

    /// <summary>Holds a record that was loaded, until it is let go of.</summary>
    public void Hold(TransactionId id, byte[] record) =>
        loaded[id] = (record, loaded.TryGetValue(id, out var held) ? held.Holders + 1 : 1);

    /// <summary>Lets go of a record that was loaded; one that others hold too stays.</summary>
    public void LetGo(TransactionId id)
    {
        if (!loaded.Remove(id, out var held) || held.Holders == 1) return;
        loaded.Add(id, (held.Record, held.Holders - 1));
    }

    /// <summary>Takes notice of a record that was replayed.</summary>
    public void Replayed(ReadOnlySpan<byte> record, long place)
    {
        if (Records.TransactionIdOf(record) is { } id) Remember(id, place);
        else if (Records.ClaimOf(record) is { } claim) claims.Add(claim.Id, claim.Payer);
    }

    public void WriteTo(Stream stream)
    {
        recorded.WriteTo(stream);
        claims.WriteTo(stream);
    }

    public KnownIds Copy() => new(tryRead, recorded.Clone(), claims.Clone());

    public void Prefetch(TransactionId id) => recorded.Prefetch(id);

    public bool TryFind(TransactionId id, Span<byte> destination, out int length)
    {
        length = 0;
        if (!recorded.TryFind(id, out var place)) return false;
        var record = tryRead(place, out var inMemory) ? inMemory : loaded[id].Record;
        length = record.Length;
        record.CopyTo(destination);
        return true;
    }

    public void Remember(TransactionId id, long place) => recorded.Add(id, place);

    void IClaims.Prefetch(TransactionId id) => claims.Prefetch(id);

    public bool TryFind(TransactionId id, out int payer)
    {
        var found = claims.TryFind(id, out var value);
        payer = (int)value;
        return found;
    }

    void IClaims.Remember(TransactionId id, int payer, long place) => claims.Add(id, payer);
}
