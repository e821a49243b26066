using OrleansWallet.Embedded.Journal;
using OrleansWallet.Embedded.Tests.Disk;
using OrleansWallet.Embedded.Tests.Support;
using OrleansWallet.Ledger;
using Xunit.Abstractions;

namespace OrleansWallet.Embedded.Tests;

/// <summary>
/// One bit of the last batch of a killed ledger is other than it was written. All of it was answered, and neither a
/// snapshot nor the index knows of it: what is cut off here is gone without a word.
/// </summary>
public sealed class FlippedLastBatchTests(ITestOutputHelper output)
{
    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    [InlineData(7)]
    [InlineData(8)]
    public async Task It_is_refused_and_never_cut_off(int transfers)
    {
        var disk = await KilledAsync(transfers, alignTo: 0, payee: 1);
        output.WriteLine($"{await FlipEachAsync(disk)} flips.");
    }

    [Theory]
    [InlineData(7)]
    [InlineData(15)]
    public async Task It_is_refused_where_the_last_sector_then_reads_as_one_that_was_never_written(int transfers)
    {
        // The batch's last 64 bytes lie in a sector of their own and have 8 bytes of the last record in them: the place
        // of the payee's opening, which is a power of two. Without that one bit, all of the sector is zeros.
        var disk = await KilledAsync(transfers, alignTo: 64, payee: 99);
        var content = disk[JournalFiles.FirstPath].Content;
        Assert.Equal(64, content.Length % 512);
        Assert.Single(content[^64..], b => b != 0);
        Assert.True(byte.IsPow2(content[^64..].Single(b => b != 0)));
        output.WriteLine($"{await FlipEachAsync(disk)} flips.");
    }

    [Fact]
    public async Task A_last_sector_that_was_never_written_is_cut_off_where_no_single_bit_explains_it()
    {
        var disk = await KilledAsync(transfers: 7, alignTo: 64, payee: 1);
        var path = JournalFiles.FirstPath;
        Assert.True(disk[path].Content[^64..].Sum(b => int.PopCount(b)) > 1);
        disk[path].Damage(content => Array.Clear(content, content.Length - 64, 64));
        await using var ledger = await OpenLedger.OpenAsync(disk, Tiny.JournalOnly);
        Assert.Contains(ledger.Notices, notice => notice.StartsWith("Cut ", StringComparison.Ordinal));
    }

    // Every flip is put before the scan, which decides what is cut off; some before a whole start.
    private static async Task<int> FlipEachAsync(FaultyDisk disk)
    {
        const int bitsAWholeStart = 101;
        var path = JournalFiles.FirstPath;
        var last = LastBatchOf(disk);
        var first = (SegmentHeader.Bytes + (int)last.Place) * 8;
        var end = disk[path].Content.Length * 8;
        await Parallel.ForEachAsync(Enumerable.Range(first, end - first), async (bit, _) =>
        {
            var damaged = disk.AfterCrash(CrashChoice.KeepAll);
            damaged[path].Damage(content => content[bit / 8] ^= (byte)(1 << bit % 8));
            var before = damaged.Fingerprint();
            var refusal = bit % bitsAWholeStart == 0
                ? await Assert.ThrowsAsync<DataDirectoryException>(
                    () => OpenLedger.OpenAsync(damaged, Tiny.JournalOnly))
                : Assert.Throws<DataDirectoryException>(() => Scan(damaged, last, _ => { }));
            Assert.Contains($"/faulty/{path}, offset ", refusal.Message, StringComparison.Ordinal);
            Assert.True(before == damaged.Fingerprint(), $"bit {bit}: refused, but something was changed.");
        });
        return end - first;
    }

    private static JournalPoint LastBatchOf(FaultyDisk disk)
    {
        var (before, last) = (JournalPoint.Origin, JournalPoint.Origin);
        Scan(disk, JournalPoint.Origin, batch => (before, last) = (last, batch.After));
        return before;
    }

    private static void Scan(FaultyDisk disk, JournalPoint from, Action<ScannedBatch> visit)
    {
        using var storage = new FaultyStorage(disk);
        var identity = LedgerIdentity.Read(storage) ?? throw new InvalidDataException("There is no ledger.");
        using var journal = JournalFiles.Open(storage, identity.Id, long.MaxValue, write: false);
        Assert.Equal(0, new JournalScan(journal).Run(from, visit).UnfinishedBytes);
    }

    // A killed ledger whose last batch is so many transfers and ends so many bytes behind a sector's beginning; account
    // 99 was opened by a record whose place is a power of two.
    private static async Task<FaultyDisk> KilledAsync(int transfers, int alignTo, int payee)
    {
        var disk = new FaultyDisk();
        await using var ledger = await OpenLedger.OpenAsync(disk, Tiny.JournalOnly);
        await ledger.FundAsync(2);
        var filler = 0;
        await FillAsync(end => (end + BatchHeader.Bytes) == 16_384);
        await ledger.Wallet.OpenAccountAsync(OpenLedger.Account(99), OpenLedger.Usd);
        var batchBytes = (BatchHeader.Bytes + transfers * 120 + 63) / 64 * 64;
        await FillAsync(end => (SegmentHeader.Bytes + end + batchBytes) % 512 == alignTo);
        var outcomes = await ledger.SendAsync([.. Enumerable.Range(1, transfers).Select(
            i => OpenLedger.Transfer(0, payee, 1, i))]);
        Assert.All(outcomes, outcome => Assert.Equal(Rejection.None, outcome.Rejection));
        return disk.AfterCrash(CrashChoice.KeepAll);

        // An account's opening is a batch of 128 bytes, with a long name one of 192: together they come everywhere.
        async Task FillAsync(Func<long, bool> isThere)
        {
            for (var end = EndOf(disk); !isThere(end); end = EndOf(disk))
            {
                Assert.True(filler < 1000);
                var left = 16_384 - BatchHeader.Bytes - end;
                var isLong = left > 0 ? left % 128 != 0 : filler % 2 == 0;
                var name = $"filler-{filler++:D4}" + (isLong ? new string('x', 40) : "");
                await ledger.Wallet.OpenAccountAsync(AccountId.Parse(name), OpenLedger.Usd);
            }
        }
    }

    private static long EndOf(FaultyDisk disk) => JournalReplay.Read(disk).End?.End.Place ?? 0;
}
