using System.Buffers.Binary;
using OrleansWallet.Storage.Partitions;

namespace OrleansWallet.Storage.Tests.Support;

/// <summary>Batches that tests write: what is in one follows from its partition and sequence.</summary>
internal static class Batches
{
    public static readonly Guid LedgerId = new("00112233-4455-6677-8899-aabbccddeeff");

    /// <summary>A sealed batch of records behind a point, and the point behind it.</summary>
    public static (byte[] Bytes, PartitionPoint After) Records(
        in PartitionPoint before, int bodyBytes = 120, int count = 1)
    {
        var batch = new byte[PartitionBatch.HeaderBytes + bodyBytes];
        Fill(batch.AsSpan(PartitionBatch.HeaderBytes), before.Partition, before.Sequence + 1);
        return (batch, PartitionBatch.SealRecords(batch, before, count));
    }

    /// <summary>A journal of so many batches from its start, an activation first.</summary>
    public static (List<byte[]> Batches, PartitionPoint End) Journal(
        Guid ledgerId, int partition, int count, Func<int, int>? bodyBytes = null)
    {
        var batches = new List<byte[]>();
        var (first, point) = PartitionBatch.SealActivation(
            PartitionPoint.Start(ledgerId, partition), new Guid(partition + 1, 0, 0, new byte[8]));
        batches.Add(first);
        while (batches.Count < count)
        {
            var (bytes, after) = Records(point, bodyBytes?.Invoke(batches.Count) ?? 120, count: batches.Count % 3 + 1);
            batches.Add(bytes);
            point = after;
        }
        return (batches, point);
    }

    /// <summary>The number in a batch's body, by which a reader tells whose it is.</summary>
    public static long NumberIn(PartitionBatch batch) =>
        BinaryPrimitives.ReadInt64LittleEndian(batch.Records.Span);

    public static long NumberOf(int partition, long sequence) => (long)partition << 32 | sequence;

    private static void Fill(Span<byte> body, int partition, long sequence)
    {
        new Random(HashCode(partition, sequence)).NextBytes(body);
        if (body.Length >= sizeof(long)) BinaryPrimitives.WriteInt64LittleEndian(body, NumberOf(partition, sequence));
    }

    private static int HashCode(int partition, long sequence) => unchecked(partition * 31 + (int)sequence);
}
