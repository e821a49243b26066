using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace OrleansWallet.Embedded.Journal;

/// <summary>
/// How a batch begins, 64 bytes, little-endian. Then come its records and zeros up to a multiple of 64, so that no
/// header lies across two sectors: a header is there whole or not at all, and one that is there but wrong is damage,
/// never an unfinished write.
/// </summary>
[StructLayout(LayoutKind.Sequential, Pack = 1)]
internal struct BatchHeader
{
    public const int Bytes = 64;
    public const int Alignment = 64;
    public const uint MagicNumber = 0x48435442;
    private const int ChainOffset = 24;
    private const int ChecksumOffset = 56;
    public const int ChainBytes = SHA256.HashSizeInBytes;

    public uint Magic;
    /// <summary>Bytes of the batch: header, records, zeros.</summary>
    public int Length;
    /// <summary>Bytes of its records.</summary>
    public int RecordsLength;
    /// <summary>How many records.</summary>
    public int Count;
    /// <summary>The sequence number of its first record.</summary>
    public long FirstSequence;
    private ChainValue chain;
    /// <summary>CRC-32C of the header before this field.</summary>
    public uint Checksum;
    private readonly uint zero;

    /// <summary>
    /// Fills the header of a framed batch in. <paramref name="chain"/> is the value before it on entry and the value
    /// after it on return: SHA-256 over the batch with the old value, and a zero checksum, in its header.
    /// </summary>
    public static void Seal(Span<byte> batch, int recordsLength, int count, long firstSequence, Span<byte> chain)
    {
        var header = new BatchHeader
        {
            Magic = MagicNumber,
            Length = batch.Length,
            RecordsLength = recordsLength,
            Count = count,
            FirstSequence = firstSequence,
        };
        MemoryMarshal.Write(batch, header);
        chain.CopyTo(batch[ChainOffset..]);
        SHA256.HashData(batch, chain);
        chain.CopyTo(batch[ChainOffset..]);
        MemoryMarshal.Write(batch[ChecksumOffset..], Crc.Of(batch[..ChecksumOffset]));
    }

    /// <summary>Reads a header and checks it by itself.</summary>
    public static bool TryRead(ReadOnlySpan<byte> bytes, out BatchHeader header)
    {
        header = MemoryMarshal.Read<BatchHeader>(bytes);
        return header.Magic == MagicNumber && header.Checksum == Crc.Of(bytes[..ChecksumOffset])
            && header.RecordsLength > 0 && header.Count > 0 && header.zero == 0
            && header.Length == (Bytes + header.RecordsLength + Alignment - 1) / Alignment * Alignment;
    }

    /// <summary>
    /// Checks that a whole batch follows from the chain's value before it, and moves <paramref name="chain"/> on.
    /// Changes the batch's header; read that before.
    /// </summary>
    public static bool TryFollow(Span<byte> batch, Span<byte> chain)
    {
        Span<byte> stored = stackalloc byte[ChainBytes];
        Span<byte> computed = stackalloc byte[ChainBytes];
        batch.Slice(ChainOffset, ChainBytes).CopyTo(stored);
        chain.CopyTo(batch[ChainOffset..]);
        batch.Slice(ChecksumOffset, sizeof(uint)).Clear();
        SHA256.HashData(batch, computed);
        if (!computed.SequenceEqual(stored)) return false;
        computed.CopyTo(chain);
        return true;
    }

    [InlineArray(ChainBytes)]
    private struct ChainValue
    {
        private byte first;
    }
}
