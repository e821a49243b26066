using OrleansWallet.Ledger;

namespace OrleansWallet.Embedded.Journal;

/// <summary>A batch read back and checked: its records follow from the chain before it.</summary>
/// <param name="Buffer">A buffer that holds the records; it is used again after the visit.</param>
/// <param name="RecordsLength">Bytes of records, from <see cref="BatchHeader.Bytes"/> on.</param>
/// <param name="Place">The batch's place.</param>
/// <param name="After">The point after it.</param>
internal readonly record struct ScannedBatch(byte[] Buffer, int RecordsLength, long Place, JournalPoint After)
{
    public long FirstRecordPlace => Place + BatchHeader.Bytes;

    public ReadOnlySpan<byte> Records => Buffer.AsSpan(BatchHeader.Bytes, RecordsLength);
}

/// <summary>How a scan ended.</summary>
/// <param name="End">The point after the last whole batch.</param>
/// <param name="UnfinishedBytes">Bytes of an unfinished write after it; it was never acknowledged.</param>
internal sealed record ScanEnd(JournalPoint End, long UnfinishedBytes);

/// <summary>
/// Reads the journal's batches in order from a point on and checks all of them: header, chain, every record's
/// checksum and sequence number. One thread reads and checks ahead while the caller works on what was read.
/// </summary>
/// <remarks>
/// What can lie after the last whole batch is a write that a crash cut short: the file ends early, or whole sectors of
/// it never came and read as zeros. Only that is "unfinished". Anything else that fails a check is damage, also in the
/// last batch: it may have been acknowledged, so it is never cut off. Where one flipped bit would explain what was
/// found as well as a lost sector does, it counts as damage: a start that refuses can be helped, an answer that is cut
/// off can not.
/// </remarks>
internal sealed class JournalScan(JournalFiles journal)
{
    private const int SectorBytes = 512;
    private const int BatchesAheadMax = 4;

    private readonly System.Collections.Concurrent.ConcurrentBag<byte[]> spare = [];

    /// <summary>Calls <paramref name="visit"/> with each batch in order, on the caller's thread.</summary>
    /// <exception cref="DataDirectoryException">A batch or record is damaged; the message says where.</exception>
    public ScanEnd Run(JournalPoint from, Action<ScannedBatch> visit) => Run(from, batch =>
    {
        visit(batch);
        return true;
    });

    /// <summary>
    /// The same, until <paramref name="visit"/> answers false; then the end is the point after that batch, and what
    /// lies behind it is of no concern, damaged or not.
    /// </summary>
    /// <exception cref="DataDirectoryException">A batch or record is damaged; the message says where.</exception>
    public ScanEnd Run(JournalPoint from, Func<ScannedBatch, bool> visit)
    {
        using var ahead = new System.Collections.Concurrent.BlockingCollection<ScannedBatch>(BatchesAheadMax);
        using var stop = new CancellationTokenSource();
        var reading = Task.Factory.StartNew(
            () => ReadAll(from, ahead, stop.Token), CancellationToken.None, TaskCreationOptions.LongRunning,
            TaskScheduler.Default);
        try
        {
            foreach (var batch in ahead.GetConsumingEnumerable())
            {
                if (!visit(batch)) return new ScanEnd(batch.After, 0);
                spare.Add(batch.Buffer);
            }
        }
        finally
        {
            stop.Cancel();
            ((IAsyncResult)reading).AsyncWaitHandle.WaitOne();
        }
        return reading.GetAwaiter().GetResult();
    }

    private ScanEnd ReadAll(
        JournalPoint from, System.Collections.Concurrent.BlockingCollection<ScannedBatch> ahead,
        CancellationToken stop)
    {
        try
        {
            var at = from;
            while (TryReadBatch(at, out var batch, out var unfinished))
            {
                if (batch is not { } whole) return new ScanEnd(at, unfinished);
                at = whole.After;
                ahead.Add(whole, stop);
            }
            return new ScanEnd(at, 0);
        }
        catch (OperationCanceledException)
        {
            return new ScanEnd(from, 0);
        }
        finally
        {
            ahead.CompleteAdding();
        }
    }

    // False at the end of the journal; a null batch where an unfinished write lies.
    private bool TryReadBatch(JournalPoint at, out ScannedBatch? batch, out long unfinishedBytes)
    {
        batch = null;
        unfinishedBytes = journal.EndPlace - at.Place;
        if (unfinishedBytes <= 0) return false;

        Span<byte> head = stackalloc byte[BatchHeader.Bytes];
        var read = journal.Read(head, at.Place);
        if (read < BatchHeader.Bytes) return Unfinished(at);
        if (!head.ContainsAnyExcept((byte)0) && !HasBatchAfter(at)) return Unfinished(at);
        if (!BatchHeader.TryRead(head, out var header)) throw Damaged(at, at.Place, "the batch's header is damaged");
        if (header.FirstSequence != at.NextSequence)
            throw Damaged(at, at.Place, $"the batch begins with event {header.FirstSequence}");

        var buffer = Rent(header.Length);
        var bytes = buffer.AsSpan(0, header.Length);
        read = journal.Read(bytes, at.Place);
        if (read < header.Length) return Unfinished(at);
        var chain = (byte[])at.Chain.Clone();
        if (!BatchHeader.TryFollow(bytes, chain))
        {
            // It is written at once, and nothing after it before it is durable: it ends where the file ends.
            var isLast = at.Place + header.Length == journal.EndPlace;
            if (!isLast || FindLostSector(at, bytes) is not { } lost) throw DamagedBatch(at, bytes, header);
            head.CopyTo(bytes);
            if (IsOneBitFromWhole(at, bytes, header, lost)) throw DamagedOrUnfinished(at, header, lost);
            return Unfinished(at);
        }
        CheckRecords(at, bytes, header);
        var after = new JournalPoint(at.Place + header.Length, at.NextSequence + header.Count, chain);
        batch = new ScannedBatch(buffer, header.RecordsLength, at.Place, after);
        return true;
    }

    private bool Unfinished(JournalPoint at)
    {
        // Only the last thing in the last segment can be unfinished; elsewhere something is missing.
        if (at.Place < journal.Segments[^1].Header.BasePlace)
            throw Damaged(at, at.Place, "the segment ends in the middle of a batch");
        return true;
    }

    // Batches are written and synced one at a time, so nothing can lie behind an unfinished one.
    private bool HasBatchAfter(JournalPoint at)
    {
        var some = GC.AllocateUninitializedArray<byte>(1 << 20);
        for (var place = at.Place + BatchHeader.Alignment; place < journal.EndPlace;)
        {
            var read = journal.Read(some, place);
            for (var i = 0; i + BatchHeader.Bytes <= read; i += BatchHeader.Alignment)
                if (BatchHeader.TryRead(some.AsSpan(i), out var header) && header.FirstSequence > at.NextSequence)
                    return true;
            place += Math.Max(read / BatchHeader.Alignment * BatchHeader.Alignment, BatchHeader.Alignment);
        }
        return false;
    }

    // A sector the disk never got reads as zeros. No whole batch has 512 zeros in a row at a sector's place: a record
    // is far shorter and begins with its length. The piece of a sector at the batch's end may have few bytes in it.
    private Range? FindLostSector(JournalPoint at, ReadOnlySpan<byte> batch)
    {
        var segment = journal.Segments[^1];
        if (at.Place < segment.Header.BasePlace) return null;
        var fileOffset = SegmentHeader.Bytes + at.Place - segment.Header.BasePlace;
        var first = (int)((SectorBytes - fileOffset % SectorBytes) % SectorBytes);
        for (var offset = first; offset < batch.Length; offset += SectorBytes)
        {
            var sector = offset..Math.Min(offset + SectorBytes, batch.Length);
            if (!batch[sector].ContainsAnyExcept((byte)0)) return sector;
        }
        return null;
    }

    // Of a sector that is not whole, the record's bytes may have been all zeros but for one bit.
    private static bool IsOneBitFromWhole(JournalPoint at, Span<byte> batch, in BatchHeader header, Range lost)
    {
        var records = batch[..(BatchHeader.Bytes + header.RecordsLength)];
        var offset = BatchHeader.Bytes;
        for (var i = 1; i < header.Count; i++)
        {
            if (!Records.TryRead(records[offset..], out var record)) return false;
            offset += record.Length;
        }
        var (from, length) = lost.GetOffsetAndLength(batch.Length);
        if (offset >= from || length == SectorBytes) return false;
        for (var bit = from * 8; bit < records.Length * 8; bit++)
        {
            batch[bit / 8] ^= (byte)(1 << bit % 8);
            // The record's own checksum is quick to ask; the chain tells for certain, all other bytes included.
            if (Records.TryRead(records[offset..], out _) && Follows(at, batch)) return true;
            batch[bit / 8] ^= (byte)(1 << bit % 8);
        }
        return false;
    }

    private static bool Follows(JournalPoint at, ReadOnlySpan<byte> batch) =>
        BatchHeader.TryFollow(batch.ToArray(), (byte[])at.Chain.Clone());

    private void CheckRecords(JournalPoint at, ReadOnlySpan<byte> batch, in BatchHeader header)
    {
        var offset = BatchHeader.Bytes;
        var end = offset + header.RecordsLength;
        for (var i = 0; i < header.Count; i++)
        {
            if (!Records.TryRead(batch[offset..end], out var record))
                throw Damaged(at, at.Place + offset, "the record is damaged");
            if (Records.As<RecordHeader>(record).Sequence != header.FirstSequence + i)
                throw Damaged(at, at.Place + offset, "the record's sequence number is not the next one");
            offset += record.Length;
        }
        if (offset != end) throw Damaged(at, at.Place + offset, "the batch holds more than its records");
    }

    // The chain says only that the batch is not what was written; the records' own checksums say where.
    private DataDirectoryException DamagedBatch(JournalPoint at, ReadOnlySpan<byte> batch, in BatchHeader header)
    {
        var offset = BatchHeader.Bytes;
        var end = offset + header.RecordsLength;
        for (var i = 0; i < header.Count && offset < end; i++)
        {
            if (!Records.TryRead(batch[offset..end], out var record))
                return Damaged(at, at.Place + offset, $"the record of event {header.FirstSequence + i} is damaged");
            offset += record.Length;
        }
        return Damaged(at, at.Place, "the batch does not follow from the hash chain before it");
    }

    private DataDirectoryException DamagedOrUnfinished(JournalPoint at, in BatchHeader header, Range lost) => Damaged(
        at, at.Place + lost.Start.Value, $"one bit of the record of event {header.FirstSequence + header.Count - 1} is "
        + "not what it was, or the power failed before the batch's last bytes were written, and then nobody was "
        + "answered. Nothing here can tell which; if it was the power, cut the file off at the beginning of the batch, "
        + journal.Locate(at.Place));

    private DataDirectoryException Damaged(JournalPoint at, long place, string fault) => new(
        $"The journal is damaged at {journal.Locate(place)} (place {place}), in the batch after event "
        + $"{at.NextSequence - 1}: {fault}. The journal was not changed; put the file back from a backup.");

    private byte[] Rent(int length)
    {
        if (spare.TryTake(out var buffer) && buffer.Length >= length) return buffer;
        // Room for what may come, but no more than a small journal has in it.
        return GC.AllocateUninitializedArray<byte>(Math.Max(length, (int)Math.Min(1 << 20, journal.EndPlace)));
    }
}
