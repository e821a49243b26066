using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace OrleansWallet.Ledger;

// The whole state as bytes: the same state gives the same bytes, on any machine.
public sealed partial class Partition
{
    private const int ImageHeaderBytes = 48;

    /// <summary>Begins to capture the state as it is now, while it goes on changing.</summary>
    public PartitionCapture BeginCapture() => new(this, Accounts.BeginCapture());

    /// <summary>The same, in memory that was prepared for about as many accounts.</summary>
    public PartitionCapture BeginCapture(AccountTable.CaptureMemory memory) => new(this, Accounts.BeginCapture(memory));

    /// <summary>Takes up a state that <see cref="PartitionCapture.WriteTo"/> wrote.</summary>
    /// <exception cref="InvalidDataException">The bytes are no such state.</exception>
    public static Partition FromImage(Stream image, IRecordedTransfers recorded, Membership? membership = null)
    {
        var partition = new Partition(recorded, membership);
        try
        {
            partition.Read(image);
        }
        catch (EndOfStreamException cut)
        {
            throw new InvalidDataException("The image ends too soon.", cut);
        }
        return partition;
    }

    private void Read(Stream image)
    {
        Span<byte> header = stackalloc byte[ImageHeaderBytes];
        image.ReadExactly(header);
        Sequence = BinaryPrimitives.ReadInt64LittleEndian(header);
        LastAtMicros = BinaryPrimitives.ReadInt64LittleEndian(header[8..]);
        Transfers = BinaryPrimitives.ReadInt64LittleEndian(header[16..]);
        AccountsOpened = BinaryPrimitives.ReadInt64LittleEndian(header[24..]);
        var accounts = BinaryPrimitives.ReadInt64LittleEndian(header[32..]);
        var currencies = BinaryPrimitives.ReadInt64LittleEndian(header[40..]);
        if (accounts is < 0 or > AccountDirectory.AccountsMax || currencies is < 0 or > 1000)
            throw new InvalidDataException("The image's header has impossible counts.");
        ReadTotals(image, (int)currencies);
        ReadAccounts(image, (int)accounts);
        ReadIds(image, (int)accounts);
        earliestMicros = LastAtMicros + stepMicros;
        if (channels is not null) ChannelImage.Read(image, channels, Directory);
    }

    private void ReadTotals(Stream image, int currencies)
    {
        Span<byte> entry = stackalloc byte[16];
        for (var i = 0; i < currencies; i++)
        {
            image.ReadExactly(entry);
            var number = BinaryPrimitives.ReadInt64LittleEndian(entry);
            if (number is < 0 or > 999 || !Currency.TryFromNumericCode((int)number, out _))
                throw new InvalidDataException($"The image has a total in the unknown currency {number}.");
            currenciesUsed[number] = true;
            totals[number] = BinaryPrimitives.ReadInt64LittleEndian(entry[8..]);
        }
    }

    private void ReadAccounts(Stream image, int accounts)
    {
        var some = new AccountSlot[Math.Min(accounts, 4096)];
        for (var read = 0; read < accounts;)
        {
            var portion = some.AsSpan(0, Math.Min(some.Length, accounts - read));
            image.ReadExactly(MemoryMarshal.AsBytes(portion));
            foreach (ref readonly var slot in portion) Accounts.Add(slot);
            read += portion.Length;
        }
    }

    private void ReadIds(Stream image, int accounts)
    {
        Span<byte> id = stackalloc byte[AccountId.LengthMax];
        for (var i = 0; i < accounts; i++)
        {
            var length = image.ReadByte();
            if (length is < 1 or > AccountId.LengthMax)
                throw new InvalidDataException($"The image has an account id of {length} characters.");
            image.ReadExactly(id[..length]);
            Directory.Add(id[..length]);
        }
    }

    /// <summary>
    /// The state at the moment the capture was begun. The partition's thread copies it in portions
    /// (<see cref="CopySome"/>); once complete, any one thread may write it out.
    /// </summary>
    public sealed class PartitionCapture
    {
        private readonly Partition partition;
        private readonly AccountTable.Capture accounts;
        private readonly List<(int Number, long Total)> totals = [];
        private readonly byte[] channels;

        internal PartitionCapture(Partition partition, AccountTable.Capture accounts)
        {
            this.partition = partition;
            this.accounts = accounts;
            Sequence = partition.Sequence;
            LastAtMicros = partition.LastAtMicros;
            Transfers = partition.Transfers;
            AccountsOpened = partition.AccountsOpened;
            channels = partition.channels is { } underWay ? ChannelImage.Of(underWay) : [];
            for (var number = 0; number < partition.totals.Length; number++)
                if (partition.currenciesUsed[number]) totals.Add((number, partition.totals[number]));
        }

        /// <summary>The last event the capture includes.</summary>
        public long Sequence { get; }

        /// <summary>The time of that event.</summary>
        public long LastAtMicros { get; }

        /// <summary>How many transfers had moved money.</summary>
        public long Transfers { get; }

        /// <summary>How many accounts callers had opened.</summary>
        public long AccountsOpened { get; }

        /// <summary>Copies up to so many accounts. True when the capture is complete.</summary>
        public bool CopySome(int accounts) => this.accounts.CopySome(accounts);

        /// <summary>
        /// Writes the state: counters, totals, accounts as they lie in memory, ids, what is under way with others.
        /// </summary>
        public void WriteTo(Stream image)
        {
            Span<byte> header = stackalloc byte[ImageHeaderBytes];
            BinaryPrimitives.WriteInt64LittleEndian(header, Sequence);
            BinaryPrimitives.WriteInt64LittleEndian(header[8..], LastAtMicros);
            BinaryPrimitives.WriteInt64LittleEndian(header[16..], Transfers);
            BinaryPrimitives.WriteInt64LittleEndian(header[24..], AccountsOpened);
            BinaryPrimitives.WriteInt64LittleEndian(header[32..], accounts.Count);
            BinaryPrimitives.WriteInt64LittleEndian(header[40..], totals.Count);
            image.Write(header);
            foreach (var (number, total) in totals)
            {
                BinaryPrimitives.WriteInt64LittleEndian(header, number);
                BinaryPrimitives.WriteInt64LittleEndian(header[8..], total);
                image.Write(header[..16]);
            }
            foreach (var chunk in accounts.Chunks()) image.Write(MemoryMarshal.AsBytes(chunk.Span));
            for (var number = 0; number < accounts.Count; number++)
            {
                var id = partition.Directory.TextOf(number);
                image.WriteByte((byte)id.Length);
                image.Write(id);
            }
            image.Write(channels);
        }
    }
}
