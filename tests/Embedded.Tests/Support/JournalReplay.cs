using OrleansWallet.Embedded.Journal;
using OrleansWallet.Embedded.Snapshots;
using OrleansWallet.Embedded.Tests.Disk;
using OrleansWallet.Ledger;

namespace OrleansWallet.Embedded.Tests.Support;

/// <summary>
/// The journal read from its first event on, as an auditor would: nothing taken from snapshots or the index, balances
/// added up anew beside the partition's own.
/// </summary>
internal sealed class JournalReplay : IRecordedTransfers
{
    private readonly Dictionary<AccountId, long> balances = [];
    private readonly Dictionary<long, string> chains = [];
    private readonly Partition partition;

    private JournalReplay() => partition = new Partition(this);

    /// <summary>Every recorded transfer by its id.</summary>
    public Dictionary<TransactionId, TransferView> Transfers { get; } = [];

    /// <summary>The state's image after events that were asked for.</summary>
    public Dictionary<long, byte[]> Images { get; } = [];

    /// <summary>How the scan ended.</summary>
    public ScanEnd? End { get; private set; }

    public long Sequence => partition.Sequence;

    /// <summary>Balances in minor units, added up from the recorded transfers alone.</summary>
    public IReadOnlyDictionary<AccountId, long> Balances => balances;

    public Partition Partition => partition;

    /// <summary>The chain's value after the batch that ends with that event; null where none ends there.</summary>
    public string? ChainAfter(long sequence) =>
        sequence == 0 ? new string('0', 64) : chains.GetValueOrDefault(sequence);

    /// <exception cref="DataDirectoryException">The journal is damaged.</exception>
    public static JournalReplay Read(FaultyDisk disk, params IReadOnlyCollection<long> imagesAfter)
    {
        using var storage = new FaultyStorage(disk);
        var identity = LedgerIdentity.Read(storage) ?? throw new InvalidDataException("There is no ledger.");
        using var journal = JournalFiles.Open(storage, identity.Id, long.MaxValue, write: false);
        var replay = new JournalReplay();
        replay.End = new JournalScan(journal).Run(JournalPoint.Origin, batch => replay.Apply(batch, imagesAfter));
        return replay;
    }

    /// <summary>Checks that every readable snapshot is the state the first events give. Returns how many.</summary>
    public static int CheckSnapshots(FaultyDisk disk)
    {
        var snapshots = new Dictionary<long, byte[]>();
        foreach (var path in disk.Paths.Where(path => path.EndsWith(".snapshot", StringComparison.Ordinal)))
        {
            var content = disk[path].Content;
            if (TryRead(content) is { } header) snapshots.Add(header.Sequence, content[SnapshotHeader.Bytes..]);
        }
        var replay = Read(disk, snapshots.Keys);
        foreach (var (sequence, image) in snapshots)
            Assert.True(replay.Images[sequence].AsSpan().SequenceEqual(image), $"The snapshot of {sequence} differs.");
        return snapshots.Count;
    }

    void IRecordedTransfers.Prefetch(TransactionId id)
    {
    }

    bool IRecordedTransfers.TryFind(TransactionId id, Span<byte> destination, out int length)
    {
        length = 0;
        return false;
    }

    void IRecordedTransfers.Remember(TransactionId id, long place)
    {
    }

    private static SnapshotHeader? TryRead(byte[] content)
    {
        try
        {
            return SnapshotHeader.Read(content);
        }
        catch (InvalidDataException)
        {
            return null;
        }
    }

    private void Apply(ScannedBatch batch, IReadOnlyCollection<long> imagesAfter)
    {
        var records = batch.Records;
        for (var offset = 0; offset < records.Length;)
        {
            ReadOnlySpan<byte> record = records.Slice(offset, Records.As<RecordHeader>(records[offset..]).Length);
            partition.Apply(record, batch.FirstRecordPlace + offset);
            if (Records.TransactionIdOf(record) is { } id) Take(id, partition.Describe(record));
            if (imagesAfter.Contains(partition.Sequence)) Images[partition.Sequence] = Image();
            offset += record.Length;
        }
        chains[batch.After.NextSequence - 1] = Convert.ToHexStringLower(batch.After.Chain);
    }

    private void Take(TransactionId id, TransferView view)
    {
        Assert.True(Transfers.TryAdd(id, view), $"The transfer {id} is recorded twice.");
        if (view.Rejection != Rejection.None) return;
        balances[view.Transfer.From] = balances.GetValueOrDefault(view.Transfer.From) - view.Transfer.Amount.MinorUnits;
        balances[view.Transfer.To] = balances.GetValueOrDefault(view.Transfer.To) + view.Transfer.Amount.MinorUnits;
    }

    private byte[] Image()
    {
        var capture = partition.BeginCapture();
        capture.CopySome(int.MaxValue);
        using var stream = new MemoryStream();
        capture.WriteTo(stream);
        return stream.ToArray();
    }
}
