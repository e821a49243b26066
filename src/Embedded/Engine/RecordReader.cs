using OrleansWallet.Embedded.Index;
using OrleansWallet.Embedded.Journal;
using OrleansWallet.Ledger;

namespace OrleansWallet.Embedded.Engine;

/// <summary>
/// Reads records for the ledger's thread: from the two batches in memory, where the newest are that are not durable
/// yet, else from the journal.
/// </summary>
internal sealed class RecordReader(JournalFiles journal) : IRecordReader
{
    private RecordBuffer? one;
    private RecordBuffer? two;

    /// <summary>From now on looks into these first.</summary>
    public void Watch(RecordBuffer first, RecordBuffer second)
    {
        one = first;
        two = second;
    }

    public bool TryRead(long place, Span<byte> destination, out int length)
    {
        length = 0;
        if (one?.TryRead(place, out var bytes) == true || two?.TryRead(place, out bytes) == true)
        {
            // Sealed a moment ago on this very thread: no need to check it.
            length = Records.As<RecordHeader>(bytes).Length;
            bytes[..length].CopyTo(destination);
            return true;
        }
        if (!journal.TryReadRecord(place, destination, out var record)) return false;
        length = record.Length;
        return true;
    }
}
