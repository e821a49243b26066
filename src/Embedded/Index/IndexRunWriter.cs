using System.Runtime.InteropServices;
using OrleansWallet.Embedded.Storage;
using OrleansWallet.Ledger;

namespace OrleansWallet.Embedded.Index;

/// <summary>Writes an index file from entries ordered by hash; at the end it is durable and in place.</summary>
internal sealed class IndexRunWriter : IDisposable
{
    private const int PagesPerWrite = 64;

    private readonly IStorage storage;
    private readonly Guid ledgerId;
    private readonly long id;
    private readonly string temporary;
    private readonly PacedFile file;
    private readonly IdFilter filter;
    private readonly List<ulong> firstHashes = [];
    private readonly byte[] pages = new byte[PagesPerWrite * IndexRun.PageBytes];
    private int pagesFilled;
    private int entriesInPage;
    private long offset = IndexRun.PageBytes;

    public IndexRunWriter(IStorage storage, Guid ledgerId, long id, long countMax)
    {
        this.storage = storage;
        this.ledgerId = ledgerId;
        this.id = id;
        temporary = SealedFile.Join(IndexRun.Directory, IndexRun.FileName(id) + SealedFile.TemporaryEnding);
        file = new PacedFile(storage.Create(temporary), willBeRead: true);
        filter = new IdFilter(HugePages.Allocate<byte>(IdFilter.BytesFor(countMax)));
    }

    /// <summary>How many entries were added.</summary>
    public long Count { get; private set; }

    /// <summary>Adds the next entry.</summary>
    public void Add(IdEntry entry)
    {
        if (entriesInPage == 0) firstHashes.Add(entry.Hash);
        MemoryMarshal.Write(Page[(entriesInPage * 16)..], entry);
        filter.Add(entry.Hash);
        Count++;
        if (++entriesInPage == IndexRun.EntriesPerPage) EndPage();
    }

    /// <summary>Writes what is left, makes the file durable and puts it in place.</summary>
    public void Complete()
    {
        if (entriesInPage > 0) EndPage();
        WritePages();
        var header = new RunHeader
        {
            LedgerId = ledgerId,
            Id = id,
            Count = Count,
            Pages = firstHashes.Count,
            FilterBytes = filter.Bytes.Length,
            FilterChecksum = Crc.Of(filter.Bytes),
            FirstHashesChecksum = Crc.Of(MemoryMarshal.AsBytes(CollectionsMarshal.AsSpan(firstHashes))),
        };
        file.Write(MemoryMarshal.AsBytes(CollectionsMarshal.AsSpan(firstHashes)), header.FirstHashesOffset);
        file.Write(filter.Bytes, header.FilterOffset);
        var page = new byte[IndexRun.PageBytes];
        header.WriteTo(page);
        file.Write(page, 0);
        file.Sync();
        storage.Rename(temporary, SealedFile.Join(IndexRun.Directory, IndexRun.FileName(id)));
        storage.SyncDirectory(IndexRun.Directory);
    }

    public void Dispose() => file.Dispose();

    private Span<byte> Page => pages.AsSpan(pagesFilled * IndexRun.PageBytes, IndexRun.PageBytes);

    private void EndPage()
    {
        const int entriesBytes = IndexRun.EntriesPerPage * 16;
        var page = Page;
        page[(entriesInPage * 16)..].Clear();
        MemoryMarshal.Write(page[entriesBytes..], entriesInPage);
        MemoryMarshal.Write(page[(IndexRun.PageBytes - 4)..], Crc.Of(page[..(IndexRun.PageBytes - 4)]));
        entriesInPage = 0;
        if (++pagesFilled == PagesPerWrite) WritePages();
    }

    private void WritePages()
    {
        var bytes = pages.AsSpan(0, pagesFilled * IndexRun.PageBytes);
        file.Write(bytes, offset);
        offset += bytes.Length;
        pagesFilled = 0;
    }
}
