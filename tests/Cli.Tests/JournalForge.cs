using OrleansWallet.Embedded;
using OrleansWallet.Embedded.Index;
using OrleansWallet.Embedded.Journal;
using OrleansWallet.Embedded.Snapshots;
using OrleansWallet.Embedded.Storage;
using OrleansWallet.Ledger;

namespace OrleansWallet.Cli.Tests;

/// <summary>
/// Writes journals as somebody would who can compute every checksum and the hash chain, and lies in what they cover.
/// It forgets transaction ids, so it takes one twice.
/// </summary>
internal sealed class JournalForge : IRecordedTransfers, IDisposable
{
    public static readonly Currency Usd = Currency.Parse("USD");
    public static readonly AccountId Settlement = AccountId.Settlement(Usd);

    private readonly RecordBuffer records = new(1 << 20, BatchHeader.Bytes);
    private readonly JournalFiles journal;

    public JournalForge(string directory, long segmentBytesMax = 1 << 20)
    {
        Storage = LocalStorage.OpenExclusive(directory);
        JournalFiles.Create(Storage, LedgerId);
        IndexRuns.Create(Storage, LedgerId);
        SnapshotFiles.Create(Storage);
        new LedgerIdentity(LedgerId, DateTimeOffset.UnixEpoch).Write(Storage);
        journal = JournalFiles.Open(Storage, LedgerId, segmentBytesMax, write: true);
        State = new Partition(this);
        Batch((state, buffer) =>
        {
            state.OpenSettlementAccounts(1, buffer);
            state.Open(AccountId.Parse("alice"), Usd, 1, buffer, out _);
            state.Open(AccountId.Parse("bob"), Usd, 1, buffer, out _);
        });
    }

    public Guid LedgerId { get; } = Guid.Parse("11111111-2222-3333-4444-555555555555");

    public LocalStorage Storage { get; }

    public Partition State { get; }

    public JournalPoint Point { get; private set; } = JournalPoint.Origin;

    /// <summary>Where each transfer's record lies.</summary>
    public List<(TransactionId Id, long Place)> Recorded { get; } = [];

    /// <summary>Carries something out, lets the records be changed, seals and appends them.</summary>
    public void Batch(Action<Partition, RecordBuffer> execute, Action<List<byte[]>>? change = null)
    {
        records.Reset(Point.Place + BatchHeader.Bytes);
        var first = State.Sequence + 1;
        execute(State, records);
        var framed = records.Framed(BatchHeader.Alignment);
        if (change is not null) Change(framed.Slice(BatchHeader.Bytes, records.Length), change);
        var chain = (byte[])Point.Chain.Clone();
        BatchHeader.Seal(framed, records.Length, records.Count, first, chain);
        journal.Append(framed, Point);
        Point = new JournalPoint(Point.Place + framed.Length, State.Sequence + 1, chain);
    }

    /// <summary>Moves money.</summary>
    public void Transfer(Guid id, AccountId from, AccountId to, long cents, Action<List<byte[]>>? change = null) =>
        Batch(
        (state, buffer) => state.Execute(
            [new TransferCommand(new Transfer(new TransactionId(id), from, to, new Money(cents, Usd)))], 2, buffer,
            new TransferOutcome[1]),
        change);

    /// <summary>Gives alice something, so often, under ids that follow from their number.</summary>
    public void FundAlice(int times)
    {
        for (var i = 1; i <= times; i++) Transfer(IdOf(i), Settlement, AccountId.Parse("alice"), 100);
    }

    public static Guid IdOf(int number) => new(number, 7, 7, [1, 2, 3, 4, 5, 6, 7, 8]);

    public void Prefetch(TransactionId id)
    {
    }

    public bool TryFind(TransactionId id, Span<byte> destination, out int length)
    {
        length = 0;
        return false;
    }

    public void Remember(TransactionId id, long place) => Recorded.Add((id, place));

    public void Dispose()
    {
        journal.Dispose();
        Storage.Dispose();
    }

    private static void Change(Span<byte> written, Action<List<byte[]>> change)
    {
        var copies = new List<byte[]>();
        for (var offset = 0; offset < written.Length; offset += copies[^1].Length)
            copies.Add(written.Slice(offset, Records.As<RecordHeader>(written[offset..]).Length).ToArray());
        change(copies);
        var at = 0;
        foreach (var copy in copies)
        {
            Records.Seal(copy);
            copy.CopyTo(written[at..]);
            at += copy.Length;
        }
    }
}
