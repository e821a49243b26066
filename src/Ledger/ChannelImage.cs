using System.Buffers.Binary;
using System.Text;

namespace OrleansWallet.Ledger;

/// <summary>
/// What a partition knows of transfers to and from others, as bytes behind the rest of its image: the same state gives
/// the same bytes. There are none where there never was such a transfer.
/// </summary>
internal static class ChannelImage
{
    public static byte[] Of(Channels channels)
    {
        if (!channels.Outgoing.Any() && !channels.Incoming.Any()) return [];
        using var image = new MemoryStream();
        using var writer = new BinaryWriter(image);
        writer.Write(channels.Outgoing.Count());
        foreach (var (payee, channel) in channels.Outgoing)
        {
            WriteChannel(writer, payee, channel);
            foreach (var number in channel.Numbers()) Write(writer, number, channel[number]);
        }
        writer.Write(channels.Incoming.Count());
        foreach (var (payer, channel) in channels.Incoming)
        {
            WriteChannel(writer, payer, channel);
            foreach (var number in channel.Numbers()) Write(writer, number, channel[number]);
        }
        return image.ToArray();
    }

    /// <summary>Takes up what <see cref="Of"/> wrote; nothing where the image ends here.</summary>
    /// <exception cref="InvalidDataException">The bytes are no such state.</exception>
    /// <exception cref="EndOfStreamException">They end too soon.</exception>
    public static void Read(Stream image, Channels channels, AccountDirectory accounts)
    {
        Span<byte> outgoing = stackalloc byte[sizeof(int)];
        var read = image.ReadAtLeast(outgoing, sizeof(int), throwOnEndOfStream: false);
        if (read == 0) return;
        if (read < sizeof(int)) throw new EndOfStreamException();
        using var reader = new BinaryReader(image, Encoding.ASCII, leaveOpen: true);
        for (var rest = BinaryPrimitives.ReadInt32LittleEndian(outgoing); rest > 0; rest--)
        {
            var payee = ReadOther(reader, channels.Membership);
            for (var count = ReadChannel(reader, channels.To(payee)); count > 0; count--)
                ReadOutgoing(reader, payee, channels, accounts);
        }
        for (var rest = reader.ReadInt32(); rest > 0; rest--)
        {
            var payer = ReadOther(reader, channels.Membership);
            for (var count = ReadChannel(reader, channels.From(payer)); count > 0; count--)
                ReadIncoming(reader, payer, channels, accounts);
        }
    }

    private static void WriteChannel<T>(BinaryWriter writer, int partition, NumberWindow<T> channel)
        where T : struct, INumbered
    {
        writer.Write(partition);
        writer.Write(channel.First);
        writer.Write(channel.Next);
        writer.Write(channel.Numbers().Count());
    }

    private static void Write(BinaryWriter writer, long number, in OutgoingTransfer transfer)
    {
        writer.Write(number);
        writer.Write(transfer.Id.Value.ToByteArray());
        writer.Write(transfer.FromNumber);
        writer.Write(transfer.Amount);
        writer.Write((byte)transfer.Phase.Protocol);
        // What was sent meanwhile is no part of the state: after a recovery all of it is sent again.
        writer.Write(transfer.Phase.IsCancelling ? (byte)1 : (byte)0);
        Write(writer, transfer.To);
    }

    private static void Write(BinaryWriter writer, long number, in IncomingTransfer transfer)
    {
        writer.Write(number);
        writer.Write(transfer.Id.Value.ToByteArray());
        writer.Write(transfer.ToNumber);
        writer.Write(transfer.Amount);
        writer.Write((byte)transfer.Status);
        writer.Write((byte)transfer.Rejection);
        Write(writer, transfer.From);
    }

    private static void Write(BinaryWriter writer, AccountId id)
    {
        writer.Write((byte)id.Value.Length);
        writer.Write(Encoding.ASCII.GetBytes(id.Value));
    }

    private static int ReadOther(BinaryReader reader, Membership membership)
    {
        var partition = reader.ReadInt32();
        Check(membership.IsOther(partition), $"the channel's partition {partition}");
        return partition;
    }

    private static int ReadChannel<T>(BinaryReader reader, NumberWindow<T> channel) where T : struct, INumbered
    {
        var (first, next, count) = (reader.ReadInt64(), reader.ReadInt64(), reader.ReadInt32());
        Check(first >= 1 && next >= first && next - first <= NumberWindow<T>.WidthMax,
            $"a channel from {first} to {next}");
        Check(count >= 0 && count <= next - first, $"a channel of {count} transfers");
        channel.Restore(first, next);
        return count;
    }

    private static void ReadOutgoing(BinaryReader reader, int payee, Channels channels, AccountDirectory accounts)
    {
        var number = ReadNumber(reader, channels.To(payee));
        var id = ReadTransactionId(reader);
        var from = reader.ReadInt32();
        Check((uint)from < (uint)accounts.Count, $"the payer {from}");
        var amount = reader.ReadInt64();
        var phase = PhaseStatus.Reserved((TransferProtocol)reader.ReadByte());
        Check(phase.Protocol is TransferProtocol.Tcc or TransferProtocol.Saga, $"the protocol {phase.Protocol}");
        if (reader.ReadByte() != 0) phase = phase.Cancelling();
        var to = ReadId(reader);
        Check(amount > 0 && to != default && !channels.TryFind(id, out _, out _), $"the transfer {id}");
        channels.Reserve(payee, number, new OutgoingTransfer
        {
            Id = id,
            From = accounts.IdOf(from),
            To = to,
            FromNumber = from,
            Amount = amount,
            Phase = phase,
        });
    }

    private static void ReadIncoming(BinaryReader reader, int payer, Channels channels, AccountDirectory accounts)
    {
        var number = ReadNumber(reader, channels.From(payer));
        var transfer = new IncomingTransfer
        {
            Id = ReadTransactionId(reader),
            ToNumber = reader.ReadInt32(),
            Amount = reader.ReadInt64(),
            Status = (CreditStatus)reader.ReadByte(),
            Rejection = (Rejection)reader.ReadByte(),
            From = ReadId(reader),
        };
        Check(transfer.Status is > CreditStatus.None and <= CreditStatus.Cancelled, $"the status {transfer.Status}");
        Check(transfer.ToNumber >= -1 && transfer.ToNumber < accounts.Count, $"the payee {transfer.ToNumber}");
        channels.Take(payer, channels.From(payer).First, number, transfer);
    }

    private static long ReadNumber<T>(BinaryReader reader, NumberWindow<T> channel) where T : struct, INumbered
    {
        var number = reader.ReadInt64();
        Check(number >= channel.First && number < channel.Next && !channel.Has(number), $"the number {number}");
        return number;
    }

    private static TransactionId ReadTransactionId(BinaryReader reader)
    {
        Span<byte> bytes = stackalloc byte[16];
        reader.BaseStream.ReadExactly(bytes);
        return new TransactionId(new Guid(bytes));
    }

    private static AccountId ReadId(BinaryReader reader)
    {
        var length = reader.ReadByte();
        if (length == 0) return default;
        var text = new byte[length];
        reader.BaseStream.ReadExactly(text);
        Check(AccountId.TryParse(Encoding.ASCII.GetString(text), out var id), "an account id");
        return id;
    }

    private static void Check(bool holds, string what)
    {
        if (!holds) throw new InvalidDataException($"The image has {what}, which can't be.");
    }
}
