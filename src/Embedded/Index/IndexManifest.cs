using System.Runtime.InteropServices;
using OrleansWallet.Embedded.Journal;
using OrleansWallet.Embedded.Storage;
using OrleansWallet.Ledger;

namespace OrleansWallet.Embedded.Index;

/// <summary>
/// Which files make up the index, and up to which point of the journal they know every id. It is replaced whole, so
/// the index is always one that was true at some point; the journal after it fills in the rest.
/// </summary>
/// <param name="HashKey">The secret key of <see cref="IdHash"/>.</param>
/// <param name="NextRunId">The number of the next file.</param>
/// <param name="Covered">Every id recorded before this point is in the files.</param>
/// <param name="RunIds">The files.</param>
internal sealed record IndexManifest(Guid HashKey, long NextRunId, JournalPoint Covered, IReadOnlyList<long> RunIds)
{
    public const string Name = "MANIFEST";
    private const uint FormatVersion = 1;
    private static ReadOnlySpan<byte> Magic => "OWALLETM"u8;

    public void Write(IStorage storage, Guid ledgerId)
    {
        using var memory = new MemoryStream();
        using var writer = new BinaryWriter(memory);
        writer.Write(Magic);
        writer.Write(FormatVersion);
        writer.Write(ledgerId.ToByteArray());
        writer.Write(HashKey.ToByteArray());
        writer.Write(NextRunId);
        writer.Write(Covered.Place);
        writer.Write(Covered.NextSequence);
        writer.Write(Covered.Chain);
        writer.Write(RunIds.Count);
        foreach (var id in RunIds) writer.Write(id);
        writer.Write(Crc.Of(memory.ToArray()));
        SealedFile.Write(storage, IndexRun.Directory, Name, memory.ToArray());
    }

    /// <summary>Reads the manifest; null if there is none.</summary>
    /// <exception cref="InvalidDataException">It is damaged, newer, or another ledger's.</exception>
    public static IndexManifest? Read(IStorage storage, Guid ledgerId)
    {
        if (SealedFile.Read(storage, IndexRun.Directory, Name) is not { } bytes) return null;
        var path = Path.Combine(storage.Root, IndexRun.Directory, Name);
        if (bytes.Length < 16 || !bytes.AsSpan().StartsWith(Magic)
            || Crc.Of(bytes.AsSpan(0, bytes.Length - 4)) != MemoryMarshal.Read<uint>(bytes.AsSpan(bytes.Length - 4)))
            throw new InvalidDataException($"{path} is damaged.");
        using var reader = new BinaryReader(new MemoryStream(bytes));
        reader.ReadBytes(Magic.Length);
        if (reader.ReadUInt32() is var version && version > FormatVersion)
            throw new InvalidDataException($"{path} has the newer format version {version}.");
        if (new Guid(reader.ReadBytes(16)) is var id && id != ledgerId)
            throw new InvalidDataException($"{path} belongs to the ledger {id}.");
        var key = new Guid(reader.ReadBytes(16));
        var next = reader.ReadInt64();
        var covered = new JournalPoint(
            reader.ReadInt64(), reader.ReadInt64(), reader.ReadBytes(BatchHeader.ChainBytes));
        var runs = new long[reader.ReadInt32()];
        for (var i = 0; i < runs.Length; i++) runs[i] = reader.ReadInt64();
        return new IndexManifest(key, next, covered, runs);
    }

    /// <summary>
    /// Reads up to which point the index is complete; null where no manifest tells, though other files of the index
    /// may be damaged.
    /// </summary>
    public static JournalPoint? TryReadCovered(IStorage storage, Guid ledgerId)
    {
        try
        {
            return Read(storage, ledgerId)?.Covered;
        }
        catch (InvalidDataException)
        {
            return null;
        }
    }

    /// <summary>Removes the manifest: the index is no longer trusted and will be made anew from the journal.</summary>
    public static void Distrust(IStorage storage)
    {
        if (!storage.List(IndexRun.Directory).Contains(Name)) return;
        storage.Delete(SealedFile.Join(IndexRun.Directory, Name));
        storage.SyncDirectory(IndexRun.Directory);
    }
}
