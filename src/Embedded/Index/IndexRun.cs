using System.Globalization;
using System.Runtime.InteropServices;
using OrleansWallet.Embedded.Storage;
using OrleansWallet.Ledger;

namespace OrleansWallet.Embedded.Index;

/// <summary>
/// A file of transaction ids ordered by hash, never changed once written: a header page, pages of 255 entries each
/// with a checksum, each page's first hash, a filter. In memory are the first hashes (8 bytes for 255 ids) and, while
/// the budget allows, the filter (3 bytes an id); finding an id that is there costs one read of 4 KiB.
/// </summary>
internal sealed class IndexRun : IDisposable
{
    public const string Directory = "index";
    public const int PageBytes = 4096;
    public const int EntryBytes = 16;
    public const int EntriesPerPage = 255;
    private const string NameEnding = ".run";

    private readonly IStorageFile file;
    private readonly string path;
    private readonly ulong[] firstHashes;
    private readonly RunHeader header;

    private IndexRun(RunHeader header, IStorageFile file, string path, ulong[] firstHashes)
    {
        this.header = header;
        Id = header.Id;
        Count = header.Count;
        this.file = file;
        this.path = path;
        this.firstHashes = firstHashes;
    }

    /// <summary>The run's number; a larger one was written later.</summary>
    public long Id { get; }

    /// <summary>How many ids it has.</summary>
    public long Count { get; }

    /// <summary>The filter; null where the budget for filters has no room for it.</summary>
    public IdFilter? Filter { get; private set; }

    public static string FileName(long id) => id.ToString("D10", CultureInfo.InvariantCulture) + NameEnding;

    /// <summary>Whether a name is exactly one that a run gets.</summary>
    public static bool IsFileName(string name) =>
        name.EndsWith(NameEnding, StringComparison.Ordinal) && long.TryParse(
            name.AsSpan(0, name.Length - NameEnding.Length), NumberStyles.None, CultureInfo.InvariantCulture,
            out var id) && FileName(id) == name;

    /// <summary>Opens a run, with its filter if that is no larger than the budget.</summary>
    /// <exception cref="InvalidDataException">The file is no such run, or damaged.</exception>
    public static IndexRun Open(IStorage storage, Guid ledgerId, long id, long filterBytesMax)
    {
        var name = SealedFile.Join(Directory, FileName(id));
        var path = Path.Combine(storage.Root, name);
        var file = storage.Open(name, write: false);
        try
        {
            var page = new byte[PageBytes];
            file.Read(page, 0);
            var header = RunHeader.Read(page, path);
            if (header.LedgerId != ledgerId || header.Id != id)
                throw new InvalidDataException($"{path} is not the index file it is named as.");
            var firstHashes = new ulong[header.Pages];
            ReadChecked(file, MemoryMarshal.AsBytes(firstHashes.AsSpan()), header.FirstHashesOffset,
                header.FirstHashesChecksum, path);
            var run = new IndexRun(header, file, path, firstHashes);
            if (header.FilterBytes <= filterBytesMax) run.Filter = ReadFilter(file, header, path);
            return run;
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    /// <summary>Adds the places recorded under a hash to a list.</summary>
    /// <exception cref="InvalidDataException">The page is damaged.</exception>
    public void Find(ulong hash, Span<byte> pageBuffer, List<long> places)
    {
        // The first page that begins at the hash or after it, and the one before, which may hold it too.
        var after = firstHashes.AsSpan().BinarySearch(hash);
        if (after < 0) after = ~after;
        while (after > 0 && firstHashes[after - 1] == hash) after--;
        for (var page = Math.Max(after - 1, 0); page < firstHashes.Length && firstHashes[page] <= hash; page++)
            foreach (var entry in ReadPage(page, pageBuffer))
                if (entry.Hash == hash) places.Add(entry.Place);
    }

    /// <summary>How many pages of entries it has.</summary>
    public int Pages => firstHashes.Length;

    /// <summary>The file's place and name.</summary>
    public string FilePath => path;

    public void DropFilter() => Filter = null;

    /// <summary>Reads the filter, whether or not the budget had room for it.</summary>
    /// <exception cref="InvalidDataException">It is damaged.</exception>
    public IdFilter LoadFilter() => Filter ?? ReadFilter(file, header, path);

    public void Dispose() => file.Dispose();

    /// <summary>Reads pages of entries, unchecked.</summary>
    /// <exception cref="InvalidDataException">The file ends within them.</exception>
    public void ReadPages(int first, Span<byte> pages)
    {
        var read = file.Read(pages, OffsetOf(first));
        if (read < pages.Length)
            throw new InvalidDataException($"{path} is cut short at offset {OffsetOf(first) + read}.");
    }

    /// <summary>Checks a page that was read, and tells how many entries it has.</summary>
    /// <exception cref="InvalidDataException">The page is damaged, or another one than should be there.</exception>
    public int CheckPage(int number, ReadOnlySpan<byte> page)
    {
        var count = MemoryMarshal.Read<int>(page[(EntriesPerPage * EntryBytes)..]);
        var checksum = MemoryMarshal.Read<uint>(page[(PageBytes - 4)..]);
        if (checksum != Crc.Of(page[..(PageBytes - 4)]) || count is < 1 or > EntriesPerPage)
            throw new InvalidDataException($"{path} is damaged at offset {OffsetOf(number)}.");
        // A whole page in another's place would deny its ids and the other's; the list of first hashes has a checksum
        // of its own.
        if (EntryOf(page, 0).Hash != firstHashes[number])
            throw new InvalidDataException(
                $"{path} has another first hash in its page {number} (offset {OffsetOf(number)}) than it should.");
        return count;
    }

    /// <summary>An entry of a page.</summary>
    public static IdEntry EntryOf(ReadOnlySpan<byte> page, int number) =>
        MemoryMarshal.Read<IdEntry>(page[(number * EntryBytes)..]);

    /// <summary>Reads a page of entries and checks it.</summary>
    /// <exception cref="InvalidDataException">The page is damaged.</exception>
    public ReadOnlySpan<IdEntry> ReadPage(int number, Span<byte> buffer)
    {
        var page = buffer[..PageBytes];
        ReadPages(number, page);
        return MemoryMarshal.Cast<byte, IdEntry>(page[..(CheckPage(number, page) * EntryBytes)]);
    }

    private static long OffsetOf(int page) => PageBytes + (long)page * PageBytes;

    private static IdFilter ReadFilter(IStorageFile file, RunHeader header, string path)
    {
        var bytes = HugePages.Allocate<byte>(header.FilterBytes);
        ReadChecked(file, bytes, header.FilterOffset, header.FilterChecksum, path);
        return new IdFilter(bytes);
    }

    private static void ReadChecked(IStorageFile file, Span<byte> into, long offset, uint checksum, string path)
    {
        if (file.Read(into, offset) < into.Length || Crc.Of(into) != checksum)
            throw new InvalidDataException($"{path} is damaged after offset {offset}.");
    }
}
