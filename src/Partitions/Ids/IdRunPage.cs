using System.Runtime.InteropServices;
using OrleansWallet.Storage.Partitions;

namespace OrleansWallet.Partitions.Ids;

/// <summary>
/// A page of a run: a checksum, then entries, or a part of the filter. The checksum includes the run's id and the
/// page's number, so that a page in another's place is noticed.
/// </summary>
internal static class IdRunPage
{
    private const int ChecksumBytes = sizeof(uint);

    /// <summary>The page with some content.</summary>
    public static byte[] Seal(IndexPageKey key, ReadOnlySpan<byte> content)
    {
        var page = new byte[ChecksumBytes + content.Length];
        content.CopyTo(page.AsSpan(ChecksumBytes));
        MemoryMarshal.Write(page, ChecksumOf(key, content));
        return page;
    }

    /// <summary>The content of a page that was read.</summary>
    /// <exception cref="PartitionIndexDamagedException">It isn't what was written there.</exception>
    public static ReadOnlySpan<byte> ContentOf(byte[] page, int partition, IndexPageKey key)
    {
        if (page.Length >= ChecksumBytes
            && MemoryMarshal.Read<uint>(page) == ChecksumOf(key, page.AsSpan(ChecksumBytes)))
            return page.AsSpan(ChecksumBytes);
        throw Damaged(partition, key);
    }

    /// <summary>The entries of a page that was read.</summary>
    /// <exception cref="PartitionIndexDamagedException">It isn't what was written there.</exception>
    public static ReadOnlySpan<IdEntry> EntriesOf(byte[] page, int partition, IndexPageKey key)
    {
        var content = ContentOf(page, partition, key);
        if (content.Length % IdEntry.Bytes != 0) throw Damaged(partition, key);
        return MemoryMarshal.Cast<byte, IdEntry>(content);
    }

    /// <summary>An entry of a page that was checked.</summary>
    public static IdEntry EntryOf(byte[] page, int number) =>
        MemoryMarshal.Read<IdEntry>(page.AsSpan(ChecksumBytes + number * IdEntry.Bytes));

    public static PartitionIndexDamagedException Damaged(int partition, IndexPageKey key) =>
        new(partition, key.Run, $"is damaged in its page {key.Page}");

    private static uint ChecksumOf(IndexPageKey key, ReadOnlySpan<byte> content)
    {
        Span<byte> place = stackalloc byte[16 + sizeof(int)];
        key.Run.TryWriteBytes(place);
        MemoryMarshal.Write(place[16..], key.Page);
        return Crc32C.Of(place, content);
    }
}
