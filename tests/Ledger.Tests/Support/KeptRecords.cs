namespace OrleansWallet.Ledger.Tests;

// A journal in memory: finished batches lie in one array, the batch at work in its own buffer, as in a real host.
internal sealed class KeptRecords(int batchBytes, int roomBytes = 1 << 14) : IRecordedTransfers
{
    // Not zero, so that a place taken for an offset, or a place never set, shows.
    public const long FirstPlace = 4096;

    private readonly Dictionary<TransactionId, long> places = [];
    private byte[] bytes = new byte[roomBytes];

    public RecordBuffer Batch { get; private set; } = NewBatch(batchBytes, FirstPlace);

    public int Length { get; private set; }

    public ReadOnlySpan<byte> Written => bytes.AsSpan(0, Length);

    // The records kept so far, taken to another partition that goes on from here.
    public KeptRecords Copy()
    {
        var copy = new KeptRecords(batchBytes) { bytes = [.. bytes], Length = Length };
        copy.Batch = NewBatch(batchBytes, FirstPlace + Length);
        foreach (var (id, place) in places) copy.places.Add(id, place);
        return copy;
    }

    public void Prefetch(TransactionId id)
    {
    }

    public bool TryFind(TransactionId id, Span<byte> destination, out int length)
    {
        length = 0;
        if (!places.TryGetValue(id, out var place)) return false;
        var record = At(place);
        record.CopyTo(destination);
        length = record.Length;
        return true;
    }

    // Adding throws on an id that is known: the partition must look before it records.
    public void Remember(TransactionId id, long place) => places.Add(id, place);

    public void MakeRoom(int transfers) => places.EnsureCapacity(places.Count + transfers);

    public ReadOnlySpan<byte> At(long place)
    {
        if (!Batch.TryRead(place, out var from)) from = Written[(int)(place - FirstPlace)..];
        Assert.True(Records.TryRead(from, out var record), "No whole record lies at that place.");
        return record;
    }

    public void KeepBatch()
    {
        if (Length + Batch.Length > bytes.Length)
            Array.Resize(ref bytes, Math.Max(bytes.Length * 2, Length + Batch.Length));
        Batch.Written.CopyTo(bytes.AsSpan(Length));
        Length += Batch.Length;
        Batch.Reset(FirstPlace + Length);
    }

    // Every record with its place, from the first on.
    public IEnumerable<(long Place, byte[] Record)> All()
    {
        for (var at = 0; at < Length;)
        {
            var record = At(FirstPlace + at).ToArray();
            yield return (FirstPlace + at, record);
            at += record.Length;
        }
    }

    private static RecordBuffer NewBatch(int capacity, long firstPlace)
    {
        var batch = new RecordBuffer(capacity, headroom: 48);
        batch.Reset(firstPlace);
        return batch;
    }
}
