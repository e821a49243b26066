namespace OrleansWallet.Embedded.Tests.Disk;

/// <summary>
/// A file in two versions: what a reader sees now (the system's cache), and what is durable. Between them lie changes
/// that a crash may keep or lose, sector by sector.
/// </summary>
internal sealed class FaultyFile(int number)
{
    public const int SectorBytes = 512;

    private readonly List<(long Offset, byte[]? Bytes)> unsynced = [];
    private byte[] cached = [];
    private byte[] durable = [];

    public int Number => number;

    public byte[] Content => cached;

    public bool IsDirty => unsynced.Count > 0;

    public void Write(ReadOnlySpan<byte> bytes, long offset)
    {
        cached = Put(cached, bytes, offset);
        unsynced.Add((offset, bytes.ToArray()));
    }

    public void Truncate(long length)
    {
        // Contents are never changed in place, so a reader may hold one without a lock.
        var changed = (byte[])cached.Clone();
        Array.Resize(ref changed, (int)length);
        cached = changed;
        unsynced.Add((length, null));
    }

    /// <summary>Writes what is dirty, and nothing else: what an earlier failed sync dropped stays lost.</summary>
    public void Sync()
    {
        durable = AfterCrash(CrashChoice.KeepAll).durable;
        unsynced.Clear();
    }

    /// <summary>
    /// A sync that fails as on Linux: readers go on seeing what was written, but it counts as clean and will never be
    /// written by a later sync.
    /// </summary>
    public void DropDirtyPages() => unsynced.Clear();

    /// <summary>Changes both versions at once: damage.</summary>
    public void Damage(Action<byte[]> change)
    {
        var changed = (byte[])cached.Clone();
        change(changed);
        Replace(changed);
    }

    /// <summary>Replaces both versions.</summary>
    public void Replace(byte[] content)
    {
        cached = content;
        durable = content;
        unsynced.Clear();
    }

    /// <summary>The same file, its versions and what lies between them.</summary>
    public FaultyFile Clone()
    {
        var clone = new FaultyFile(Number) { cached = cached, durable = durable };
        clone.unsynced.AddRange(unsynced);
        return clone;
    }

    /// <summary>The file as it is found after a crash.</summary>
    public FaultyFile AfterCrash(CrashChoice choice)
    {
        var content = (byte[])durable.Clone();
        foreach (var (offset, bytes) in unsynced)
        {
            if (bytes is null)
            {
                if (choice.KeepsLength(this)) Array.Resize(ref content, (int)offset);
                continue;
            }
            for (var at = offset; at < offset + bytes.Length;)
            {
                var end = Math.Min((at / SectorBytes + 1) * SectorBytes, offset + bytes.Length);
                if (choice.KeepsSector(this, at / SectorBytes))
                    content = Put(content, bytes.AsSpan((int)(at - offset), (int)(end - at)), at);
                at = end;
            }
            if (offset + bytes.Length > content.Length && choice.KeepsLength(this))
                Array.Resize(ref content, (int)offset + bytes.Length);
        }
        return new FaultyFile(Number) { cached = content, durable = content };
    }

    private static byte[] Put(byte[] content, ReadOnlySpan<byte> bytes, long offset)
    {
        var changed = new byte[Math.Max(content.Length, offset + bytes.Length)];
        content.CopyTo(changed, 0);
        bytes.CopyTo(changed.AsSpan((int)offset));
        return changed;
    }
}
