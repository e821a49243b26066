using System.Numerics;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;
using OrleansWallet.Embedded.Index;

namespace OrleansWallet.Embedded.Audit;

/// <summary>
/// Finds transaction ids that were recorded twice, in bounded memory: hashes with their places are dealt out into
/// buckets by their first bits, buffers that are full go to one temporary file, and at the end each bucket is looked
/// through by itself. Nothing is sorted, and the file is written and read about in order.
/// </summary>
internal sealed class IdBuckets : IDisposable
{
    private const int EntryBytes = 16;
    private const int BucketEntriesAim = 1 << 17;
    private const int BucketBitsMax = 16;
    private const int BufferEntriesMin = 16;
    private const int BufferEntriesMax = 1 << 14;

    private readonly string directory;
    private readonly int bits;
    private readonly int bufferEntries;
    private readonly IdEntry[] buffers;
    private readonly int[] counts;
    private readonly List<long>?[] extents;
    private SafeFileHandle? file;
    private string? path;
    private long fileLength;
    private IdEntry[] bucket = [];
    private IdEntry[] slots = [];

    /// <summary>Buckets for about so many ids, with so many bytes of buffers.</summary>
    public IdBuckets(long ids, long bufferBytes, string directory)
    {
        this.directory = directory;
        bits = Math.Clamp(BitOperations.Log2((ulong)Math.Max(ids, 1) / BucketEntriesAim + 1) + 1, 1, BucketBitsMax);
        var buckets = 1 << bits;
        bufferEntries = (int)Math.Clamp(bufferBytes / EntryBytes / buckets, BufferEntriesMin, BufferEntriesMax);
        buffers = GC.AllocateUninitializedArray<IdEntry>(buckets * bufferEntries, pinned: true);
        counts = new int[buckets];
        extents = new List<long>?[buckets];
    }

    /// <summary>Adds a hash that was recorded at a place.</summary>
    public void Add(ulong hash, long place)
    {
        var index = (int)(hash >> (64 - bits));
        ref var count = ref counts[index];
        buffers[index * bufferEntries + count] = new IdEntry(hash, place);
        if (++count == bufferEntries) Spill(index);
    }

    /// <summary>
    /// Calls <paramref name="found"/> with each two places whose hashes are equal, the earlier one first. Different
    /// ids can have one hash, though hardly ever; the caller looks.
    /// </summary>
    public void FindEqual(Action<long, long> found, CancellationToken cancel)
    {
        for (var index = 0; index < counts.Length; index++)
        {
            cancel.ThrowIfCancellationRequested();
            FindEqual(Gather(index), found);
        }
    }

    public void Dispose()
    {
        file?.Dispose();
        if (path is not null) File.Delete(path);
    }

    private void FindEqual(ReadOnlySpan<IdEntry> entries, Action<long, long> found)
    {
        var slotBits = BitOperations.Log2((uint)entries.Length + 1) + 2;
        if (slots.Length < 1 << slotBits) slots = GC.AllocateUninitializedArray<IdEntry>(1 << slotBits);
        var mask = (1 << slotBits) - 1;
        var table = slots.AsSpan(0, mask + 1);
        table.Clear();
        foreach (ref readonly var entry in entries)
        {
            var i = (int)((entry.Hash << bits) >> (64 - slotBits));
            // Place 0 is a batch's header, so no record's: it marks a free slot.
            for (; table[i].Place != 0; i = (i + 1) & mask)
                if (table[i].Hash == entry.Hash)
                    found(Math.Min(table[i].Place, entry.Place), Math.Max(table[i].Place, entry.Place));
            table[i] = entry;
        }
    }

    private ReadOnlySpan<IdEntry> Gather(int index)
    {
        var spilled = extents[index];
        var total = (spilled?.Count ?? 0) * bufferEntries + counts[index];
        if (bucket.Length < total)
            bucket = GC.AllocateUninitializedArray<IdEntry>((int)BitOperations.RoundUpToPowerOf2((uint)total));
        var at = 0;
        if (spilled is not null && file is not null)
        {
            foreach (var offset in spilled)
            {
                ReadExactly(file, MemoryMarshal.AsBytes(bucket.AsSpan(at, bufferEntries)), offset);
                at += bufferEntries;
            }
        }
        buffers.AsSpan(index * bufferEntries, counts[index]).CopyTo(bucket.AsSpan(at));
        return bucket.AsSpan(0, total);
    }

    private void Spill(int index)
    {
        file ??= CreateFile();
        var bytes = MemoryMarshal.AsBytes(buffers.AsSpan(index * bufferEntries, bufferEntries));
        RandomAccess.Write(file, bytes, fileLength);
        (extents[index] ??= []).Add(fileLength);
        fileLength += bytes.Length;
        counts[index] = 0;
    }

    private SafeFileHandle CreateFile()
    {
        var name = Path.Combine(directory, $"wallet-verify-{Guid.NewGuid():N}.tmp");
        var handle = File.OpenHandle(
            name, FileMode.CreateNew, FileAccess.ReadWrite, FileShare.Read | FileShare.Delete, FileOptions.None);
        // Without a name it goes even when the process is killed. Windows keeps names of open files until the end.
        if (OperatingSystem.IsWindows()) path = name;
        else File.Delete(name);
        return handle;
    }

    private static void ReadExactly(SafeFileHandle file, Span<byte> bytes, long offset)
    {
        while (bytes.Length > 0)
        {
            var read = RandomAccess.Read(file, bytes, offset);
            if (read == 0) throw new EndOfStreamException("The temporary file is shorter than what was written to it.");
            bytes = bytes[read..];
            offset += read;
        }
    }
}
