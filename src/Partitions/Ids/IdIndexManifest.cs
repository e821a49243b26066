using System.Buffers.Binary;

namespace OrleansWallet.Partitions.Ids;

/// <summary>Which runs make up an index: a part of the snapshot's image, which has a checksum of its own.</summary>
/// <param name="Kind">What the index maps ids to.</param>
/// <param name="Key">The secret key of the ids' hash.</param>
/// <param name="Runs">The runs' ids.</param>
internal sealed record IdIndexManifest(IdIndexKind Kind, Guid Key, IReadOnlyList<Guid> Runs)
{
    private const int FormatVersion = 1;
    private const int HeaderBytes = 28;
    private const int IdBytes = 16;
    private const int RunsMax = 65_536;

    /// <summary>Writes what <see cref="ReadFrom"/> takes up.</summary>
    public void WriteTo(Stream image)
    {
        var bytes = new byte[HeaderBytes + Runs.Count * IdBytes];
        BinaryPrimitives.WriteInt32LittleEndian(bytes, FormatVersion);
        BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(4), (int)Kind);
        Key.TryWriteBytes(bytes.AsSpan(8));
        BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(24), Runs.Count);
        for (var i = 0; i < Runs.Count; i++) Runs[i].TryWriteBytes(bytes.AsSpan(HeaderBytes + i * IdBytes));
        image.Write(bytes);
    }

    /// <summary>Reads the manifest of an index of a kind.</summary>
    /// <exception cref="InvalidDataException">The bytes are no such manifest.</exception>
    public static IdIndexManifest ReadFrom(Stream image, IdIndexKind kind)
    {
        Span<byte> header = stackalloc byte[HeaderBytes];
        image.ReadExactly(header);
        if (BinaryPrimitives.ReadInt32LittleEndian(header) is var version && version != FormatVersion)
            throw new InvalidDataException($"The index of transaction ids has the unknown format version {version}.");
        var count = BinaryPrimitives.ReadInt32LittleEndian(header[24..]);
        if (BinaryPrimitives.ReadInt32LittleEndian(header[4..]) != (int)kind || count is < 0 or > RunsMax)
            throw new InvalidDataException("The image has no such index of transaction ids.");
        var runs = new Guid[count];
        Span<byte> id = stackalloc byte[IdBytes];
        for (var i = 0; i < count; i++)
        {
            image.ReadExactly(id);
            runs[i] = new Guid(id);
        }
        return new IdIndexManifest(kind, new Guid(header[8..24]), runs);
    }
}
