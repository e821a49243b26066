using OrleansWallet.Embedded.Journal;
using OrleansWallet.Embedded.Storage;
using OrleansWallet.Ledger;

namespace OrleansWallet.Embedded.Snapshots;

/// <summary>
/// The snapshots: the partition's state at points of the journal, so that a start need not replay from the first
/// event. They only save time; the journal alone is the ledger.
/// </summary>
internal sealed class SnapshotFiles(IStorage storage, Guid ledgerId)
{
    public const string Directory = "snapshots";

    /// <summary>Makes the directory.</summary>
    public static void Create(IStorage storage) => storage.CreateDirectory(Directory);

    /// <summary>Writes a complete capture, makes it durable, and deletes all but the newest.</summary>
    public void Write(Partition.PartitionCapture capture, JournalPoint point, int kept)
    {
        var name = SnapshotHeader.FileName(capture.Sequence);
        var temporary = SealedFile.Join(Directory, name + SealedFile.TemporaryEnding);
        using (var file = new PacedFile(storage.Create(temporary), willBeRead: false))
        {
            using var stream = new StorageStream(file, SnapshotHeader.Bytes, writing: true);
            capture.WriteTo(stream);
            var hash = stream.Finish();
            file.Write(new SnapshotHeader(ledgerId, point, stream.Count, hash).ToBytes(), 0);
            file.Sync();
        }
        storage.Rename(temporary, SealedFile.Join(Directory, name));
        storage.SyncDirectory(Directory);
        foreach (var old in Names().Skip(kept)) storage.Delete(SealedFile.Join(Directory, old));
    }

    /// <summary>
    /// Loads the newest snapshot that is whole and not after <paramref name="journalEnd"/>; null if there is none.
    /// Tells <paramref name="notice"/> of each that is passed over.
    /// </summary>
    /// <exception cref="DataDirectoryException">A snapshot knows events that the journal lost.</exception>
    public (Partition Partition, JournalPoint Point)? LoadNewest(
        IRecordedTransfers recorded, long journalEnd, NoticeSink notice)
    {
        foreach (var name in Names())
        {
            try
            {
                using var file = storage.Open(SealedFile.Join(Directory, name), write: false);
                var header = ReadHeader(file);
                if (header.Point.Place > journalEnd) throw Lost(name, header, journalEnd);
                using var stream = new StorageStream(file, SnapshotHeader.Bytes, writing: false);
                var partition = Partition.FromImage(stream, recorded);
                if (stream.Count != header.ImageBytes || !stream.Finish().AsSpan().SequenceEqual(header.ImageHash))
                    throw new InvalidDataException("its content is damaged");
                return (partition, header.Point);
            }
            catch (Exception e) when (e is IOException or InvalidDataException)
            {
                notice(NoticeLevel.Warning, $"The snapshot {PathOf(name)} is passed over: {e.Message}.");
            }
        }
        return null;
    }

    /// <summary>
    /// The headers of all snapshots, oldest first, for a check against a replay; or what is wrong with one that is
    /// not whole. One that a running wallet deletes meanwhile is left out.
    /// </summary>
    public IEnumerable<(string Path, SnapshotHeader? Header, string? Fault)> ReadHeaders()
    {
        foreach (var name in Names().Reverse())
        {
            SnapshotHeader? header = null;
            string? fault = null;
            try
            {
                using var file = storage.Open(SealedFile.Join(Directory, name), write: false);
                header = ReadHeader(file);
                CheckImage(file, header);
                if (SnapshotHeader.FileName(header.Sequence) != name)
                    fault = $"its name should be {SnapshotHeader.FileName(header.Sequence)}";
            }
            catch (FileNotFoundException)
            {
                continue;
            }
            catch (InvalidDataException e)
            {
                fault = e.Message;
            }
            yield return (PathOf(name), header, fault);
        }
    }

    private static void CheckImage(IStorageFile file, SnapshotHeader header)
    {
        using var stream = new StorageStream(file, SnapshotHeader.Bytes, writing: false);
        stream.CopyTo(Stream.Null);
        if (stream.Count != header.ImageBytes || !stream.Finish().AsSpan().SequenceEqual(header.ImageHash))
            throw new InvalidDataException("its content is damaged");
    }

    private SnapshotHeader ReadHeader(IStorageFile file)
    {
        Span<byte> bytes = stackalloc byte[SnapshotHeader.Bytes];
        var header = SnapshotHeader.Read(bytes[..file.Read(bytes, 0)]);
        return header.LedgerId == ledgerId
            ? header
            : throw new InvalidDataException($"it belongs to the ledger {header.LedgerId}");
    }

    // Newest first.
    private string[] Names() =>
        [.. storage.List(Directory).Where(SnapshotHeader.IsFileName).OrderDescending(StringComparer.Ordinal)];

    private string PathOf(string name) => Path.Combine(storage.Root, Directory, name);

    private DataDirectoryException Lost(string name, SnapshotHeader header, long journalEnd) => new(
        $"The journal ends at place {journalEnd}, but the snapshot {PathOf(name)} was taken at place "
        + $"{header.Point.Place}, after event {header.Sequence}: recorded events are missing. The journal was not "
        + "changed; put its last segment back from a backup.");
}
