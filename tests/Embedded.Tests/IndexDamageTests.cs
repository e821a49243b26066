using System.Buffers.Binary;
using OrleansWallet.Embedded.Index;
using OrleansWallet.Embedded.Tests.Disk;
using OrleansWallet.Embedded.Tests.Support;
using OrleansWallet.Ledger;

namespace OrleansWallet.Embedded.Tests;

/// <summary>
/// Index files whose checksums are right and whose content is not: a disk that gives out another page, a file cut
/// short, a bug. None may make the ledger forget an id, and the index is made anew.
/// </summary>
public sealed class IndexDamageTests
{
    private const int Page = IndexRun.PageBytes;
    private const int CountAt = IndexRun.EntriesPerPage * IndexRun.EntryBytes;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);
    private static readonly EmbeddedOptions Options = Tiny.Options with
    {
        RecentTransactionsMax = 800, SegmentBytesMax = 1 << 20, SnapshotEveryEvents = long.MaxValue,
        TransactionFilterBytesMax = 1 << 20,
    };

    /// <summary>What becomes of a file of some four pages.</summary>
    public static TheoryData<string> Damages => ["pages swapped", "entries swapped", "entry dropped", "cut short"];

    [Fact]
    public async Task Two_pages_that_changed_places_are_found_by_a_lookup_and_the_index_is_made_anew()
    {
        var disk = new FaultyDisk();
        var sent = new List<Transfer>();
        await using (var ledger = await OpenLedger.OpenAsync(disk, Options))
        {
            await ledger.FundAsync(2);
            await SendAsync(ledger, sent, 800);
        }
        foreach (var path in Runs(disk)) disk[path].Damage(content => Damage(content, "pages swapped"));
        await using (var ledger = await OpenLedger.OpenAsync(disk, Options))
        {
            var again = await Task.WhenAll(sent.Select(transfer => ledger.Wallet.TransferAsync(transfer).AsTask()))
                .WaitAsync(Patience);
            Assert.All(again, outcome => Assert.True(outcome.Replayed || outcome.Rejection == Rejection.Unavailable));
            Assert.Contains(ledger.Notices, notice => notice.Contains("first hash", StringComparison.Ordinal));
        }
        await CheckMadeAnewAsync(disk, sent);
    }

    [Theory]
    [MemberData(nameof(Damages))]
    public async Task A_damaged_file_stops_the_wallet_when_it_is_to_be_merged_and_the_index_is_made_anew(string damage)
    {
        var disk = new FaultyDisk();
        var sent = new List<Transfer>();
        await using (var ledger = await OpenLedger.OpenAsync(disk, Options))
        {
            await ledger.FundAsync(2);
            await SendAsync(ledger, sent, 800);
        }
        Assert.NotEmpty(Runs(disk));
        var damaged = Runs(disk)[0];
        disk[damaged].Damage(content => Damage(content, damage));
        await using (var ledger = await OpenLedger.OpenAsync(disk, Options))
        {
            // A start would miss the end of the file, so it is cut while the wallet runs.
            if (damage == "cut short") disk[damaged].Replace(disk[damaged].Content[..(Page * 3)]);
            for (var i = 0; i < 12 && ledger.Wallet.Readiness.IsReady; i++) await SendAsync(ledger, sent, 400);
            await ledger.DisposeAsync().AsTask().WaitAsync(Patience);
            // Most often the merge comes to it first, now and then a lookup that the filter lets through.
            Assert.Contains(ledger.Notices, notice => notice.Contains(damaged, StringComparison.Ordinal)
                || notice.Contains("first hash", StringComparison.Ordinal));
        }
        await CheckMadeAnewAsync(disk, sent);
    }

    [Theory]
    [MemberData(nameof(Damages))]
    public async Task A_merge_takes_nothing_over_from_a_damaged_file(string damage)
    {
        var disk = new FaultyDisk();
        var sent = new List<Transfer>();
        for (var start = 0; start < 3; start++)
        {
            await using var ledger = await OpenLedger.OpenAsync(disk, Options);
            if (start == 0) await ledger.FundAsync(2);
            await SendAsync(ledger, sent, 700);
        }
        var files = Runs(disk);
        Assert.Equal(3, files.Length);
        using var storage = new FaultyStorage(disk);
        var id = LedgerIdentity.Read(storage)?.Id ?? throw new InvalidDataException("There is no ledger.");
        using var runs = IndexRuns.Open(storage, id, Options, (_, _) => { });
        var fourth = new RecentIds(8);
        fourth.Add(hash: 1, place: 64);
        runs.Flush(fourth, runs.Covered);
        disk[files[1]].Damage(content => Damage(content, damage));
        if (damage == "cut short") disk[files[1]].Replace(disk[files[1]].Content[..(Page * 3)]);
        var before = disk["index/MANIFEST"].Content;
        var found = Assert.Throws<InvalidDataException>(() => runs.MergeOnce(CancellationToken.None));
        Assert.Contains(files[1], found.Message, StringComparison.Ordinal);
        Assert.Equal(before, disk["index/MANIFEST"].Content);
        Assert.Equal(files, Runs(disk)[..3]);
    }

    [Fact]
    public async Task Where_a_damaged_index_cannot_be_marked_as_such_the_wallet_still_lets_everybody_go_and_says_so()
    {
        var disk = new FaultyDisk();
        var sent = new List<Transfer>();
        await using (var ledger = await OpenLedger.OpenAsync(disk, Options))
        {
            await ledger.FundAsync(2);
            await SendAsync(ledger, sent, 800);
        }
        foreach (var path in Runs(disk)) disk[path].Damage(content => Damage(content, "pages swapped"));
        await using (var ledger = await OpenLedger.OpenAsync(disk, Options, operation =>
            operation is { Kind: DiskOperationKind.Delete, Path: "index/MANIFEST" }
                ? throw new InvalidTimeZoneException("Nobody expects this.") : null))
        {
            var again = await Task.WhenAll(sent.Select(transfer => ledger.Wallet.TransferAsync(transfer).AsTask()))
                .WaitAsync(Patience);
            Assert.Contains(again, outcome => outcome.Rejection == Rejection.Unavailable);
            Assert.Contains(ledger.Notices, notice => notice.Contains("Delete /faulty/index/MANIFEST",
                StringComparison.Ordinal));
            await ledger.DisposeAsync().AsTask().WaitAsync(Patience);
        }
    }

    // The next start makes the index anew and says so; the one after it has nothing to say, and every id is known.
    private static async Task CheckMadeAnewAsync(FaultyDisk disk, List<Transfer> sent)
    {
        await using (var ledger = await OpenLedger.OpenAsync(disk, Options))
            Assert.Contains(ledger.Notices, notice => notice.Contains("made anew", StringComparison.Ordinal));
        await using var again = await OpenLedger.OpenAsync(disk, Options);
        // A merge that the end cut short left its unfinished file; that is told, and is no damage.
        Assert.All(again.Notices, notice => Assert.StartsWith("Deleted ", notice, StringComparison.Ordinal));
        var recorded = JournalReplay.Read(disk).Transfers;
        foreach (var portion in sent.Where(transfer => recorded.ContainsKey(transfer.Id)).Chunk(500))
            Assert.All(await again.SendAsync(portion), outcome => Assert.True(outcome.Replayed));
    }

    private static async Task SendAsync(OpenLedger ledger, List<Transfer> sent, int count)
    {
        var some = Enumerable.Range(sent.Count + 1, count).Select(i => OpenLedger.Transfer(0, 1, 1, i)).ToArray();
        await ledger.SendAsync(some).WaitAsync(Patience);
        sent.AddRange(some);
    }

    private static string[] Runs(FaultyDisk disk) =>
        [.. disk.Paths.Where(path => path.EndsWith(".run", StringComparison.Ordinal))];

    private static void Damage(byte[] content, string damage)
    {
        var first = content.AsSpan(Page, Page);
        var second = content.AsSpan(Page * 2, Page);
        switch (damage)
        {
            case "pages swapped":
                var whole = first.ToArray();
                second.CopyTo(first);
                whole.CopyTo(second);
                break;
            case "entries swapped":
                var entry = first.Slice(IndexRun.EntryBytes, IndexRun.EntryBytes).ToArray();
                first.Slice(IndexRun.EntryBytes * 2, IndexRun.EntryBytes).CopyTo(first[IndexRun.EntryBytes..]);
                entry.CopyTo(first[(IndexRun.EntryBytes * 2)..]);
                Seal(first);
                break;
            case "entry dropped":
                BinaryPrimitives.WriteInt32LittleEndian(first[CountAt..], IndexRun.EntriesPerPage - 1);
                Seal(first);
                break;
        }
    }

    private static void Seal(Span<byte> page) =>
        BinaryPrimitives.WriteUInt32LittleEndian(page[(Page - 4)..], Crc.Of(page[..(Page - 4)]));
}
